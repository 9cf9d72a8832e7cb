"""Writes pictures.json: small pictures in every format that is read, each with the colours that Pillow shows, as base64.

The rules where Pillow leaves something open are those of Scripts/compare_pictures.py. Every picture has 8×8 pixels. Names whose
codec may differ by rounding from one version of its library to the next end in "~".
"""

import base64
import io
import json
import pathlib
import struct
import sys
import zlib

import numpy as np
from PIL import Image, TiffImagePlugin

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parents[1] / "Scripts"))
from compare_pictures import pillow  # noqa: E402

y, x = np.mgrid[0:8, 0:8]
grey = (20 * x + 9 * y + 7).astype(np.uint8)
rgb = np.stack([30 * x + 5, 25 * y + 10, 250 - 13 * x - 11 * y], -1).astype(np.uint8)
alpha = (8 * (x + 2 * y) + 40).clip(0, 255).astype(np.uint8)
alpha[0, :4] = 0
deep = (grey.astype(np.uint16) << 8) + 130 + 3 * x.astype(np.uint16)
pictures = {}


def saved(image, kind, **options):
    out = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(out, kind, **options)
    return out.getvalue()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(header, rows, *others):
    """By hand, for what Pillow does not write."""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(others) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def header(depth, color, interlaced=0):
    return struct.pack(">IIBBBBB", 8, 8, depth, color, 0, 0, interlaced)


def rows(a):
    return b"".join(b"\0" + line.tobytes() for line in a)


def orientation(value):
    exif = Image.Exif()
    exif[0x112] = value
    return exif


# PNG
palette = Image.fromarray(rgb).quantize(16)
passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
pictures |= {
    "grey.png": saved(grey, "PNG"),
    "grey-1-bit.png": saved(Image.fromarray(grey).convert("1"), "PNG"),
    "grey-2-bits.png": png(header(2, 0), b"".join(b"\0" + bytes([0x1B + r, 0xE4 - r]) for r in range(8))),
    "grey-16-bits.png": png(header(16, 0), rows(deep.astype(">u2"))),
    "grey-alpha.png": saved(np.dstack([grey, alpha]), "PNG"),
    "grey-key.png": png(header(8, 0), rows(grey), chunk(b"tRNS", struct.pack(">H", int(grey[2, 3])))),
    "rgb.png": saved(rgb, "PNG"),
    "rgb-16-bits.png": png(header(16, 2), rows(((rgb.astype(np.uint16) << 8) + 200).astype(">u2"))),
    "rgb-interlaced.png": png(header(8, 2, 1), b"".join(rows(rgb[a::c, b::d]) for a, b, c, d in passes)),
    "rgba.png": saved(np.dstack([rgb, alpha]), "PNG"),
    "rgba-16-bits.png": png(header(16, 6), rows((np.dstack([rgb, alpha]).astype(np.uint16) << 8).astype(">u2"))),
    "palette.png": saved(palette, "PNG"),
    "palette-alpha.png": saved(palette, "PNG", transparency=bytes(range(0, 256, 16))),
    "rgb-gamma.png": png(header(8, 2), rows(rgb), chunk(b"gAMA", struct.pack(">I", 100000))),
    "rgb-bad-profile.png": png(header(8, 2), rows(rgb), chunk(b"iCCP", b"x\0\0" + zlib.compress(b"no profile"))),
    "grey-wrong-profile.png": png(header(8, 0), rows(grey), chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(16) + b"RGB XYZ " + bytes(200)))),
    "rgb-xmp.png": png(
        header(8, 2), rows(rgb), chunk(b"iTXt", b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="6"/>')),
    "rgb-raw-profile.png": png(
        header(8, 2), rows(rgb),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n      32\n" + orientation(8).tobytes().hex().encode() + b"\n"))),
    "rgb-followed.png": saved(rgb, "PNG") + b"more",
}
for value in range(2, 9):
    pictures[f"rgb-orientation-{value}.png"] = saved(rgb, "PNG", exif=orientation(value))

# JPEG
jpeg = saved(rgb, "JPEG", quality=90)
pictures |= {
    "grey.jpg~": saved(grey, "JPEG", quality=90),
    "rgb.jpg~": jpeg,
    "rgb-444.jpg~": saved(rgb, "JPEG", quality=95, subsampling=0),
    "rgb-progressive.jpg~": saved(rgb, "JPEG", progressive=True),
    "rgb-kept.jpg~": saved(rgb, "JPEG", keep_rgb=True, quality=95),
    "cmyk.jpg~": saved(Image.fromarray(rgb).convert("CMYK"), "JPEG", quality=95),
    "rgb-extraneous.jpg~": jpeg[:-2] + b"\x55" * 245 + jpeg[-2:],
    "rgb-profile.jpg~": saved(rgb, "JPEG", icc_profile=b"no profile", quality=90),
    "rgb-orientation.jpg~": saved(rgb, "JPEG", exif=orientation(6), quality=90),
    "rgb-followed.jpg~": jpeg + b"<html>",
}

# WebP
pictures |= {
    "rgb.webp": saved(rgb, "WEBP", lossless=True),
    "rgb-lossy.webp~": saved(rgb, "WEBP", quality=90),
    "rgba.webp": saved(np.dstack([rgb, alpha]), "WEBP", lossless=True, exact=True),
    "rgb-orientation.webp": saved(rgb, "WEBP", lossless=True, exif=orientation(3)),
    "moving.webp": saved(rgb, "WEBP", lossless=True, save_all=True, append_images=[Image.fromarray(rgb[::-1].copy())]),
}

# TIFF
directory = TiffImagePlugin.ImageFileDirectory_v2()
directory[274] = 6
pictures |= {
    "grey.tif": saved(grey, "TIFF"),
    "grey-1-bit.tif": saved(Image.fromarray(grey).convert("1"), "TIFF", compression="group4"),
    "grey-16-bits.tif~": saved(Image.fromarray(deep), "TIFF"),
    "rgb-lzw.tif": saved(rgb, "TIFF", compression="tiff_lzw"),
    "rgb-deflate.tif": saved(rgb, "TIFF", compression="tiff_adobe_deflate"),
    "rgba.tif~": saved(np.dstack([rgb, alpha]), "TIFF"),
    "palette.tif": saved(palette, "TIFF"),
    "cmyk.tif~": saved(Image.fromarray(rgb).convert("CMYK"), "TIFF"),
    "rgb-orientation.tif": saved(rgb, "TIFF", tiffinfo=directory),
    "rgb-big.tif": saved(rgb, "TIFF", big_tiff=True),
}

# BMP
upside = saved(rgb, "BMP")
runs = b"".join(bytes([5, r % 16, 0, 3, 1, 2, 3, 0, 0, 0]) for r in range(8)) + b"\0\1"
colours = b"".join(bytes([16 * i, 255 - 15 * i, 7 * i, 0]) for i in range(16))
pictures |= {
    "grey.bmp": saved(grey, "BMP"),
    "grey-1-bit.bmp": saved(Image.fromarray(grey).convert("1"), "BMP"),
    "palette.bmp": saved(palette, "BMP"),
    "rgb.bmp": upside,
    "rgb-top-down.bmp": upside[:22] + struct.pack("<i", -8) + upside[26:],
    "rgba.bmp": saved(np.dstack([rgb, alpha]), "BMP"),
    "runs.bmp": b"BM" + struct.pack("<IIIIiiHHIIIIII", 0, 0, 118, 40, 8, 8, 1, 8, 1, 0, 0, 0, 16, 0) + colours + runs,
    "16-bits.bmp": b"BM" + struct.pack("<IIIIiiHHIIIIII", 0, 0, 54, 40, 8, 8, 1, 16, 0, 0, 0, 0, 0, 0)
    + (grey.astype("<u2") * 120).tobytes(),
}

# PNM
lines = lambda a: "\n".join(" ".join(str(v) for v in row.reshape(-1)) for row in a)
pictures |= {
    "plain.pbm": b"P1 # bits\n8 8\n" + b"\n".join(b"01101%d0%d" % (r & 1, r >> 1 & 1) for r in range(8)),
    "plain.pgm": f"P2\n# a comment\n8 8\n255\n{lines(grey)}\n".encode(),
    "plain.ppm": f"P3 8 8 255 {lines(rgb)}".encode(),
    "bits.pbm": b"P4 8 8\n" + bytes(range(3, 243, 30)),
    "grey.pgm": b"P5\n8 8\n255\n" + grey.tobytes(),
    "grey-100.pgm~": b"P5 8 8 100\n" + (grey // 3).tobytes(),
    "grey-16-bits.pgm": b"P5 8 8 65535\n" + deep.astype(">u2").tobytes(),
    "rgb.ppm": b"P6\n8 8\n255\n" + rgb.tobytes(),
}

# GIF
pictures |= {
    "palette.gif": saved(palette, "GIF", interlace=0),
    "interlaced.gif": saved(palette, "GIF", interlace=1),
    "transparent.gif": saved(palette, "GIF", transparency=3),
    "moving.gif": saved(palette, "GIF", save_all=True, append_images=[palette.transpose(Image.Transpose.ROTATE_90)]),
}

found = {}
for name, data in sorted(pictures.items()):
    pixels, _, reason = pillow(io.BytesIO(data), 3)
    if pixels is None or pixels.shape != (8, 8, 3):
        sys.exit(f"{name}: {reason or pixels.shape}")
    found[name] = {"file": base64.b64encode(data).decode(), "rgb": base64.b64encode(pixels.tobytes()).decode()}
(here / "pictures.json").write_text(json.dumps(found, indent=1) + "\n")

# For the fuzzer to begin with.
for name in ["palette-alpha.png", "rgb.jpg~", "rgba.webp", "rgb-lzw.tif", "runs.bmp", "plain.ppm", "interlaced.gif"]:
    (here / "fuzz/picture").mkdir(exist_ok=True)
    (here / "fuzz/picture" / name.rstrip("~")).write_bytes(pictures[name])
