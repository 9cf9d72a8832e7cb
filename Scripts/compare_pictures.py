#!/usr/bin/env python3
"""Compares how the zoo and Pillow read pictures: every file below the folders that Pillow can open, in grey and in colour.

    python3 -m venv /somewhere && /somewhere/bin/pip install pillow numpy
    git clone --depth 1 https://github.com/python-pillow/Pillow
    /somewhere/bin/python Scripts/compare_pictures.py Pillow/Tests/images

The zoo's decoder (Sources/CImage) is compiled as it is and called from here. What Pillow gives is brought to the zoo's rules where
Pillow leaves them open: the picture is turned as its EXIF says (ImageOps.exif_transpose), transparency shows white
(Image.alpha_composite), and of 16 bits the upper 8 count, as Pillow itself takes them of colour. Colour becomes grey by
`convert("L")`. Two pictures are alike if their sizes are equal and their mean difference is at most --mean of 255 levels.

Exit status: 0 if at least --share of the PNG and JPEG files that Pillow reads are alike; 1 if fewer; 64 wrong usage.
"""
import argparse
import collections
import ctypes
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np
from PIL import Image, ImageOps

ROOT = pathlib.Path(__file__).resolve().parent.parent
FORMATS = {"PNG": "PNG", "JPEG": "JPEG", "MPO": "JPEG", "WEBP": "WebP", "TIFF": "TIFF", "BMP": "BMP", "PPM": "PNM", "GIF": "GIF"}


class Decoded(ctypes.Structure):
    _fields_ = [("width", ctypes.c_int32), ("height", ctypes.c_int32), ("channels", ctypes.c_int32), ("pixels", ctypes.POINTER(ctypes.c_uint8))]


def compiled(folder):
    """The zoo's decoder as a library."""
    library = pathlib.Path(folder) / "libcimage.so"
    sources = sorted(str(p) for p in (ROOT / "Sources/CImage").glob("*.c"))
    libraries = ["-lpng", "-ljpeg", "-ltiff", "-lwebp", "-lwebpdemux", "-lgif"]
    include = ROOT / "Sources/CImage/include"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", f"-I{include}", *sources, "-o", str(library), *libraries], check=True)
    return ctypes.CDLL(str(library))


def zoo(library, data, channels):
    """The pixels as H×W×C, and the codec's warning; or None and the message."""
    image, warning, message = Decoded(), ctypes.create_string_buffer(256), ctypes.create_string_buffer(256)
    status = library.cimage_decode(data, ctypes.c_size_t(len(data)), channels, ctypes.c_uint8(255), ctypes.byref(image), warning, message)
    if status:
        return None, message.value.decode()
    pixels = np.ctypeslib.as_array(image.pixels, (image.height, image.width, channels)).copy()
    library.cimage_free(ctypes.byref(image))
    return pixels, warning.value.decode()


def pillow(path, channels):
    """The pixels as H×W×C and the format; or None and why it is left out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(path)
            if image.format not in FORMATS:
                return None, None, "another format"
            name = FORMATS[image.format]
            image = ImageOps.exif_transpose(image)
    except Exception as error:  # whatever Pillow says of a damaged file
        return None, None, f"Pillow: {error}"
    if image.mode.startswith("I;16") or (image.mode == "I" and name in ("PNG", "PNM")):
        levels = np.asarray(image).astype(np.uint32)
        clear = image.info.get("transparency")
        image = Image.fromarray((levels >> 8).astype(np.uint8))
        if clear is not None:
            image.putalpha(Image.fromarray(np.where(levels == clear, 0, 255).astype(np.uint8)))
    elif image.mode in ("I", "F", "LAB"):
        return None, name, f"mode {image.mode}, which has no grey or colour of its own"
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
    if image.mode != "L":
        image = image.convert("RGB")
    pixels = np.asarray(image.convert("L" if channels == 1 else "RGB"))
    return pixels.reshape(*pixels.shape[:2], channels), name, ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="+", type=pathlib.Path)
    parser.add_argument("--mean", type=float, default=1.0, help="largest mean difference of pictures that are alike (1.0)")
    parser.add_argument("--share", type=float, default=0.99, help="least share of PNG and JPEG files that are alike (0.99)")
    parser.add_argument("--list", action="store_true", help="list every picture that is not identical")
    options = parser.parse_args()
    files = sorted(p for folder in options.folder for p in folder.rglob("*") if p.is_file())
    if not files:
        parser.error("there are no files")
    counts = collections.defaultdict(collections.Counter)
    means = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        library = compiled(folder)
        for path in files:
            data = path.read_bytes()
            worst, words, name = 0.0, "", None
            for channels in (1, 3):
                expected, name, reason = pillow(path, channels)
                if expected is None:
                    if name:
                        counts[name]["left out"] += 1
                        print(f"{path}: left out: {reason}")
                    elif FORMATS.get(reason) is None and zoo(library, data, channels)[0] is not None:
                        counts["only the zoo reads"][""] += 1
                        print(f"{path}: the zoo reads it; {reason}")
                    break
                found, text = zoo(library, data, channels)
                if found is None or found.shape != expected.shape:
                    words, worst = text if found is None else f"{found.shape} instead of {expected.shape}", 255.0
                    continue
                difference = np.abs(found.astype(int) - expected.astype(int))
                means[name, channels].append(difference.mean())
                worst = max(worst, difference.mean())
                if difference.any():
                    words = f"mean {difference.mean():.4f}, largest {difference.max()} in {channels} channel(s) {text}"
            if expected is None:
                continue
            kind = "identical" if worst == 0 else "alike" if worst <= options.mean else "other"
            counts[name][kind] += 1
            if kind == "other" or (options.list and worst):
                print(f"{path}: {kind}: {words}")
    print(f"{'format':8}{'files':>7}{'identical':>11}{'alike':>7}{'other':>7}{'left out':>10}   mean difference in grey, in colour")
    for name in sorted(n for n in counts if n in FORMATS.values()):
        c = counts[name]
        compared = c["identical"] + c["alike"] + c["other"]
        mean = ", ".join(f"{np.mean(means[name, n]):.4f}" if means[name, n] else "-" for n in (1, 3))
        print(f"{name:8}{compared:7}{c['identical']:11}{c['alike']:7}{c['other']:7}{c['left out']:10}   {mean}")
    both = counts["PNG"] + counts["JPEG"]
    compared = both["identical"] + both["alike"] + both["other"]
    share = (both["identical"] + both["alike"]) / max(1, compared)
    print(f"PNG and JPEG: {share:.2%} of {compared} files alike")
    return 0 if compared and share >= options.share else 1


if __name__ == "__main__":
    sys.exit(main())
