"""Writes resize.json: pictures of other sizes, by PyTorch. Run with: python3 test/formats/resize_figures.py > test/formats/resize.json"""
import json

import torch

torch.manual_seed(1)
cases = []
for (height, width), (rows, columns) in [((9, 7), (4, 3)), ((4, 5), (8, 11)), ((13, 6), (5, 9)), ((3, 3), (1, 1))]:
    picture = torch.randint(0, 256, (height, width, 3))
    resized = torch.nn.functional.interpolate(
        picture.permute(2, 0, 1)[None].double(), (rows, columns), mode="bilinear", antialias=True
    )
    cases.append(
        {
            "shape": [height, width, 3],
            "values": picture.flatten().tolist(),
            "rows": rows,
            "columns": columns,
            "resized": [round(v, 3) for v in resized[0].permute(1, 2, 0).flatten().tolist()],
        }
    )
print("[" + ",\n ".join(json.dumps(case) for case in cases) + "]")
