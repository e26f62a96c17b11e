"""Writes npy.json: arrays as NumPy saves them, and what is in them. Run with: python3 test/formats/npy_figures.py > test/formats/npy.json"""
import base64
import io
import json

import numpy as np
from numpy.lib import format as npy

numbers = np.array([[1.5, -2.0, 0.0], [65504.0, 6e-8, -0.25]])
cases = {
    "float32": (numbers.astype("<f4"), (1, 0)),
    "float64, version 2": (numbers.astype("<f8"), (2, 0)),
    "float16, version 3": (numbers.astype("<f2"), (3, 0)),
    "float32, big-endian": (numbers.astype(">f4"), (1, 0)),
    "float64, Fortran order": (np.asfortranarray(np.arange(24, dtype="<f8").reshape(2, 3, 4)), (1, 0)),
    "int8": (np.array([-128, 127, 3], dtype="i1"), (1, 0)),
    "uint16, big-endian, Fortran order": (np.asfortranarray(np.arange(6, dtype=">u2").reshape(3, 2)), (1, 0)),
    "int32": (np.array([[-(2**31)], [2**31 - 1]], dtype="<i4"), (1, 0)),
    "uint32": (np.array([2**32 - 1], dtype="<u4"), (1, 0)),
    "int64": (np.array([-(2**62), 5], dtype="<i8"), (1, 0)),
    "truth values": (np.array([True, False, True]), (1, 0)),
    "a number without axes": (np.array(2.5, dtype="<f4"), (1, 0)),
    "no elements": (np.zeros((0, 4), dtype="<f4"), (1, 0)),
}
result = []
for name, (array, version) in cases.items():
    buffer = io.BytesIO()
    npy.write_array(buffer, array, version=version)
    values = array.ravel(order="C")
    listed = [str(v) for v in values] if array.dtype.itemsize == 8 and array.dtype.kind in "iu" else values.tolist()
    file = base64.b64encode(buffer.getvalue()).decode()
    result.append({"name": name, "file": file, "shape": list(array.shape), "values": listed})
for name, array in {
    "objects": np.array([{"a": 1}, None], dtype=object),
    "records": np.zeros(2, dtype=[("x", "<f4"), ("y", "<i4")]),
    "complex": np.zeros(2, dtype="<c8"),
    "texts": np.array(["a", "bc"]),
}.items():
    buffer = io.BytesIO()
    npy.write_array(buffer, array, allow_pickle=True)
    result.append({"name": name, "file": base64.b64encode(buffer.getvalue()).decode(), "refused": True})
print("[" + ",\n ".join(json.dumps(case) for case in result) + "]")
