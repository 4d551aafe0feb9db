"""Nonlinear least squares against certified values.

NIST Statistical Reference Datasets, nonlinear regression,
https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml: data, second starting values, certified
parameters and residual sums of squares.
"""

import numpy as np
import pytest

from models.growth_curves import Curve, fit_curve


def misra1a(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    return p[0] * (1 - np.exp(-p[1] * x))


def mgh09(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    return p[0] * (x**2 + x * p[1]) / (x**2 + x * p[2] + p[3])


def thurber(x: np.ndarray, p: np.ndarray) -> np.ndarray:
    return (p[0] + p[1] * x + p[2] * x**2 + p[3] * x**3) / (
        1 + p[4] * x + p[5] * x**2 + p[6] * x**3
    )


CASES = {
    "Misra1a": (
        misra1a,
        [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1,
         760.0],
        [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47,
         81.78],
        [250.0, 0.0005],
        [2.3894212918e02, 5.5015643181e-04],
        1.2455138894e-01,
    ),
    "MGH09": (
        mgh09,
        [4.0, 2.0, 1.0, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625],
        [0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246],
        [0.25, 0.39, 0.415, 0.39],
        [1.9280693458e-01, 1.9128232873e-01, 1.2305650693e-01, 1.3606233068e-01],
        3.0750560385e-04,
    ),
    "Thurber": (
        thurber,
        [-3.067, -2.981, -2.921, -2.912, -2.840, -2.797, -2.702, -2.699, -2.633, -2.481, -2.363,
         -2.322, -1.501, -1.460, -1.274, -1.212, -1.100, -1.046, -0.915, -0.714, -0.566, -0.545,
         -0.400, -0.309, -0.109, -0.103, 0.010, 0.119, 0.377, 0.790, 0.963, 1.006, 1.115, 1.572,
         1.841, 2.047, 2.200],
        [80.574, 84.248, 87.264, 87.195, 89.076, 89.608, 89.868, 90.101, 92.405, 95.854, 100.696,
         101.060, 401.672, 390.724, 567.534, 635.316, 733.054, 759.087, 894.206, 990.785, 1090.109,
         1080.914, 1122.643, 1178.351, 1260.531, 1273.514, 1288.339, 1327.543, 1353.863, 1414.509,
         1425.208, 1421.384, 1442.962, 1464.350, 1468.705, 1447.894, 1457.628],
        [1300.0, 1500.0, 500.0, 75.0, 1.0, 0.4, 0.05],
        [1.2881396800e03, 1.4910792535e03, 5.8323836877e02, 7.5416644291e01, 9.6629502864e-01,
         3.9797285797e-01, 4.9727297349e-02],
        5.6427082397e03,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_certified_values_to_six_digits(name: str) -> None:
    curve: Curve
    curve, x, y, start, certified, squares = CASES[name]
    found = fit_curve(curve, np.array(x), np.array(y), [np.array(start)])
    np.testing.assert_allclose(found.parameters, certified, rtol=1e-6)
    assert found.residuals @ found.residuals == pytest.approx(squares, rel=1e-6)
