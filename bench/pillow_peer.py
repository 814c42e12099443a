"""Pillow's side of the comparison of decoders: reads one path a line, answers with one JSON line each.

{"width": 4, "height": 3, "file": PATH}   the upright picture's RGB values, row by row, in that file
{"error": "cannot identify image file"}
"""
import json
import sys
import tempfile
import warnings

from PIL import Image, ImageOps

warnings.simplefilter('ignore')
pixels = tempfile.NamedTemporaryFile()

for line in sys.stdin:
    try:
        with Image.open(line.rstrip('\n'), formats=('JPEG', 'PNG', 'BMP')) as image:
            picture = ImageOps.exif_transpose(image).convert('RGB')
    except Exception as error:
        print(json.dumps({'error': str(error)}), flush=True)
        continue
    pixels.seek(0)
    pixels.truncate()
    pixels.write(picture.tobytes())
    pixels.flush()
    print(json.dumps({'width': picture.width, 'height': picture.height, 'file': pixels.name}), flush=True)
