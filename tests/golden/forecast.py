"""Writes forecast.json: what statsforecast fits to the airline passengers (Box & Jenkins 1976, series G).

    python -m venv golden-venv && golden-venv/bin/pip install statsforecast==2.1.0
    golden-venv/bin/python tests/golden/forecast.py > tests/golden/forecast.json
"""

import json

import numpy as np
from statsforecast.ets import ets_f, forecast_ets
from statsforecast.ces import auto_ces, forecast_ces
from statsforecast.theta import auto_theta, forecast_theta, thetamodel
from statsforecast.utils import AirPassengers as y
from statsmodels.tsa.seasonal import seasonal_decompose

n, h = len(y), 3
likelihood = n * (np.log(2 * np.pi / n) + 1)  # what n·ln(Σe²) lacks of −2 ln L
out = {"about": "statsforecast 2.1.0, AirPassengers; deviance = -2 ln L", "y": list(map(float, y)), "ets": [], "theta": [], "ces": []}
# ANA is left out: theirs has gamma > 1 - alpha, outside the usual region.
for model, damped in [("ANN", None), ("AAN", False), ("AAN", True), ("MNN", None), ("AAA", False), ("AAA", True), ("MAA", True), ("MNM", None), ("MAM", False), ("MAM", True)]:
    fit = ets_f(y, 12, model=model, damped=damped)
    name = model[0] + model[1] + ("d" if damped else "") + model[2]
    out["ets"].append({"model": name, "deviance": float(-2 * fit["loglik"] + likelihood), "mean": forecast_ets(fit, h)["mean"].tolist()})
seasonal = seasonal_decompose(y, period=12, model="multiplicative").seasonal
plain = y / seasonal
for model in ["STM", "OTM", "DSTM", "DOTM"]:
    fit = thetamodel(plain, 12, model, float("nan"), float("nan"), float("nan"), 3)
    mean = np.asarray(forecast_theta(fit, h)["mean"]) * seasonal[n % 12 : n % 12 + h]
    out["theta"].append({"model": model, "alpha": float(fit["par"]["alpha"]), "theta": float(fit["par"]["theta"]), "mean": mean.tolist()})
fit = auto_theta(y, 12)
out["auto_theta"] = {"model": str(fit["modeltype"]), "mean": np.asarray(forecast_theta(fit, h)["mean"]).tolist()}
for model in "NSPF":
    fit = auto_ces(y, 12, model=model)
    out["ces"].append({"model": model, "deviance": float(-2 * fit["loglik"] + likelihood), "mean": forecast_ces(fit, h)["mean"].tolist()})

print(json.dumps(out, indent=1))
