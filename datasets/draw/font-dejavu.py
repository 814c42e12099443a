"""Makes font-dejavu.ts: the outlines of DejaVu Sans Condensed Bold for Latin, Greek and Cyrillic.

Usage: python datasets/font-dejavu.py DejaVuSansCondensed-Bold.ttf   (fontTools; the font is dejavu-fonts-ttf 2.37)

Format, deflated: big-endian 16-bit ascent, descent and number of glyphs, in units of 1/1024 em; then for each glyph
its code point (16 bits), its advance (16 bits) and its number of contours (8 bits); for each contour the number of
points (varint) and for each point the steps from the last one, dx then dy, zigzag varints, dx shifted left by one with
the lowest bit set if the point is on the curve (TrueType: two points off the curve have one on it halfway).
"""
import base64, pathlib, struct, sys, textwrap, zlib
from fontTools.ttLib import TTFont

EM = 1024
RANGES = [
    (0x20, 0x7E), (0xA0, 0x17F), (0x18F, 0x18F), (0x192, 0x192), (0x1A0, 0x1A1), (0x1AF, 0x1B0), (0x1CD, 0x1DC),
    (0x1E6, 0x1E7), (0x1EA, 0x1EB), (0x1FA, 0x1FF), (0x218, 0x21B), (0x259, 0x259), (0x2BC, 0x2BC), (0x2C6, 0x2C7),
    (0x2D8, 0x2DD), (0x370, 0x3CE), (0x400, 0x45F), (0x462, 0x463), (0x472, 0x475), (0x490, 0x4C0), (0x4D0, 0x4F9),
    (0x1E80, 0x1E85), (0x1E9E, 0x1E9E), (0x1EA0, 0x1EF9), (0x2010, 0x2015), (0x2018, 0x201E), (0x2020, 0x2022),
    (0x2026, 0x2026), (0x2030, 0x2030), (0x2032, 0x2033), (0x2039, 0x203A), (0x20AC, 0x20AC), (0x20BD, 0x20BD),
    (0x2116, 0x2116), (0x2122, 0x2122), (0x2190, 0x2193), (0x2212, 0x2212), (0x2248, 0x2248), (0x2260, 0x2260),
    (0x2264, 0x2265),
]

font = TTFont(sys.argv[1])
scale = EM / font['head'].unitsPerEm
cmap, glyf, advances = font.getBestCmap(), font['glyf'], font['hmtx']


def varint(value):
    out = b''
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def zigzag(value):
    return value * 2 if value >= 0 else -value * 2 - 1


points = [code for low, high in RANGES for code in range(low, high + 1) if code in cmap]
out = struct.pack('>hhH', round(font['hhea'].ascent * scale), round(font['hhea'].descent * scale), len(points))
for code in points:
    name = cmap[code]
    glyph = glyf[name]
    out += struct.pack('>HH', code, round(advances[name][0] * scale))
    if glyph.numberOfContours == 0:
        out += b'\0'
        continue
    coordinates, ends, flags = glyph.getCoordinates(glyf)
    out += bytes([len(ends)])
    x = y = start = 0
    for end in ends:
        out += varint(end + 1 - start)
        for i in range(start, end + 1):
            px, py = round(coordinates[i][0] * scale), round(coordinates[i][1] * scale)
            out += varint(zigzag(px - x) << 1 | flags[i] & 1) + varint(zigzag(py - y))
            x, y = px, py
        start = end + 1

packed = base64.b64encode(zlib.compress(out, 9)).decode()
licence = font['name'].getDebugName(13)
text = [line for part in licence.splitlines() for line in textwrap.wrap(part, 116) or ['']]
comment = '\n'.join(f' * {line}'.rstrip() for line in [
    f"{len(points)} glyphs of DejaVu Sans Condensed Bold {font['name'].getDebugName(5)}, made by font-dejavu.py.",
    '', *font['name'].getDebugName(0).splitlines(), '', *text])
target = pathlib.Path(__file__).with_suffix('.ts')
target.write_text(f"/**\n{comment}\n */\nexport const dejavu =\n  '{packed}';\n")
print(len(points), 'glyphs,', len(out), 'bytes,', target.stat().st_size, 'as', target.name)
