"""Lists what is in a bundle as SPDX 2.3, in sbom.spdx.json, and copies the licences of all of it into LICENSES.

    python3 sbom.py FOLDER VERSION LIBTORCH LIST

LIST has a line for each bundled library: its path below FOLDER/lib, and the file it is a copy of. A file of a Debian package is listed
under that package, with the version and the copyright file that dpkg knows.
"""

import datetime
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def sha256(path: pathlib.Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def debian_package(path: str) -> str | None:
    """The package that a file came with, as dpkg names it. Paths in /usr/lib may be listed as /lib."""
    for name in (path, path.removeprefix("/usr")):
        found = subprocess.run(["dpkg-query", "--search", name], capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.splitlines()[0].rsplit(": ", 1)[0]
    return None


def identifier(name: str) -> str:
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)


class Bill:
    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.packages: list[dict] = []
        self.files: list[dict] = []
        self.relations: list[dict] = []
        # SHA-1 of the files of each package.
        self.sums: dict[str, list[str]] = {}

    def package(self, name: str, version: str, licence: str, location: str, url: str | None, texts: list[pathlib.Path]) -> str:
        """Adds a package and copies its licences; those are what has to be read where `licence` is NOASSERTION."""
        if not texts:
            sys.exit(f"sbom: error: no licence of {name} was found")
        for text in texts:
            suffix = "" if len(texts) == 1 else f".{text.name}"
            shutil.copyfile(text, self.folder / "LICENSES" / f"{name}{suffix}.txt")
        key = identifier(name)
        entry = {
            "SPDXID": key, "name": name, "versionInfo": version, "downloadLocation": location, "filesAnalyzed": False,
            "licenseConcluded": "NOASSERTION", "licenseDeclared": licence, "copyrightText": "NOASSERTION",
            "comment": f"Licence: LICENSES/{name}*.txt",
        }
        if url:
            entry["externalRefs"] = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": url}]
        self.packages.append(entry)
        if name == "stn-zoo":
            self.relate("SPDXRef-DOCUMENT", "DESCRIBES", key)
        else:
            self.relate(identifier("stn-zoo"), "CONTAINS", key)
        return key

    def file(self, path: str, package: str) -> None:
        key = identifier("file-" + path)
        checksum = {"algorithm": "SHA256", "checksumValue": sha256(self.folder / path)}
        sha1 = hashlib.sha1((self.folder / path).read_bytes()).hexdigest()
        self.files.append({
            "SPDXID": key, "fileName": "./" + path, "checksums": [checksum, {"algorithm": "SHA1", "checksumValue": sha1}],
            "licenseConcluded": "NOASSERTION", "copyrightText": "NOASSERTION",
        })
        self.relate(package, "CONTAINS", key)
        self.sums.setdefault(package, []).append(sha1)

    def close(self) -> None:
        """Says of each package with files that these were looked at, with the code that SPDX computes of their sums."""
        for package in self.packages:
            if sums := self.sums.get(package["SPDXID"]):
                package["filesAnalyzed"] = True
                package["packageVerificationCode"] = {
                    "packageVerificationCodeValue": hashlib.sha1("".join(sorted(sums)).encode()).hexdigest()
                }
                package["licenseInfoFromFiles"] = ["NOASSERTION"]

    def relate(self, one: str, kind: str, other: str) -> None:
        self.relations.append({"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other})


def main() -> None:
    folder, version, torch, listed = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[4])
    bill = Bill(folder)
    own = bill.package("stn-zoo", version, "Apache-2.0", "NOASSERTION", None, [ROOT / "LICENSE"])
    for path in sorted((folder / "lib").glob("*.so")) + [folder / "lib" / "zoo"]:
        bill.file(str(path.relative_to(folder)), own)

    # What Swift packages give is inside the program.
    for pin in json.loads((ROOT / "Package.resolved").read_text())["pins"]:
        checkout = ROOT / ".build/checkouts" / pathlib.PurePosixPath(pin["location"]).name.removesuffix(".git")
        texts = sorted(checkout.glob("LICENSE*")) + sorted(checkout.glob("NOTICE*"))
        owner_and_name = pin["location"].removeprefix("https://").removesuffix(".git")
        location = f"git+{pin['location']}@{pin['state']['revision']}"
        release = pin["state"].get("version", pin["state"]["revision"])
        bill.package(pin["identity"], release, "NOASSERTION", location, f"pkg:swift/{owner_and_name}@{release}", texts)

    header = (torch / "include/torch/headeronly/version.h").read_text()
    numbers = [re.search(rf"define TORCH_VERSION_{part} (\d+)", header).group(1) for part in ("MAJOR", "MINOR", "PATCH")]
    # In the wheel of PyTorch beside the package, in an archive of libtorch within it.
    licences = next(iter(torch.parent.glob("torch-*.dist-info/licenses")), torch)
    texts = sorted(licences.glob("LICENSE*")) + sorted(licences.glob("NOTICE*"))
    engine = bill.package("libtorch", ".".join(numbers), "BSD-3-Clause", "NOASSERTION", f"pkg:pypi/torch@{'.'.join(numbers)}", texts)
    if (licences / "third_party").is_dir():
        shutil.copytree(licences / "third_party", folder / "LICENSES" / "libtorch.third_party")

    swift = pathlib.Path(shutil.which("swift")).resolve().parent.parent
    swift_version = re.search(r"Swift version (\S+)", said("swift", "--version")).group(1)
    runtime = bill.package(
        "swift-runtime", swift_version, "Apache-2.0 WITH Swift-exception", "https://www.swift.org/install/linux", None,
        [swift / "share/swift/LICENSE.txt"])

    packages: dict[str, str] = {}
    for line in listed.read_text().splitlines():
        path, source = line.split(" ", 1)
        if path.startswith("torch/"):
            bill.file("lib/" + path, engine)
        elif source.startswith(str(swift)):
            bill.file("lib/" + path, runtime)
        else:
            name = debian_package(source)
            if name is None:
                sys.exit(f"sbom: error: {source} is of no Debian package, so its licence is not known")
            if name not in packages:
                wanted = "${Package}\t${Version}\t${Architecture}\t${source:Package}"
                fields = said("dpkg-query", "--show", "--showformat", wanted, name).split("\t")
                url = f"pkg:deb/debian/{fields[0]}@{fields[1]}?arch={fields[2]}"
                source_page = f"https://tracker.debian.org/pkg/{fields[3]}"
                copyright_file = pathlib.Path("/usr/share/doc") / fields[0] / "copyright"
                texts = [copyright_file.resolve()] if copyright_file.exists() else []
                packages[name] = bill.package(fields[0], fields[1], "NOASSERTION", source_page, url, texts)
            bill.file("lib/" + path, packages[name])
    for licence in ("GPL-1", "GPL-2", "GPL-3", "LGPL-2", "LGPL-2.1", "LGPL-3", "Apache-2.0", "BSD"):
        shutil.copyfile(f"/usr/share/common-licenses/{licence}", folder / "LICENSES" / f"common-{licence}.txt")

    bill.close()
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH") or datetime.datetime.now().timestamp())
    content = json.dumps([bill.packages, bill.files], sort_keys=True)
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"stn-zoo-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/stn-zoo-{version}-{hashlib.sha256(content.encode()).hexdigest()}",
        "creationInfo": {
            "created": datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "creators": ["Tool: Scripts/sbom.py"],
        },
        "packages": bill.packages, "files": bill.files, "relationships": bill.relations,
    }
    (folder / "sbom.spdx.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
