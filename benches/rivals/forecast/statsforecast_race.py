"""statsforecast's models on the series of src/main.rs, printed alike: python statsforecast_race.py <folder> [every]"""

import sys
import time
import warnings

import numpy as np
import pandas as pd
from statsforecast.models import (ADIDA, IMAPA, TSB, AutoARIMA, AutoCES, AutoETS, AutoTheta, CrostonClassic, CrostonSBA,
                                  DynamicOptimizedTheta)

warnings.filterwarnings("ignore")
SEASON, MONTHS, HORIZON = 12, 117, 24


def read(folder, name):
    frame = pd.read_csv(f"{folder}/{name}.csv.gz", dtype={"unique_id": str})
    for _, rows in frame.groupby("unique_id", sort=False):
        train = rows.split == "train"
        yield rows.y[train].to_numpy(float), rows.y[~train].to_numpy(float)


def race(name, make, series):
    make().forecast(y=series[0][0], h=HORIZON)  # compiles what is compiled
    seconds, mase, smape = 0.0, [], []
    for train, test in series:
        start = time.process_time()
        told = make().forecast(y=train, h=HORIZON)["mean"]
        seconds += time.process_time() - start
        scale = np.abs(train[SEASON:] - train[:-SEASON]).mean()
        mase.append(np.abs(told - test).mean() / scale)
        smape.append((200 * np.abs(told - test) / (np.abs(told) + np.abs(test))).mean())
    each = seconds / len(series) * 1e3
    print(f"{name:34} {each:9.3f} ms  MASE {np.mean(mase):.3f}  sMAPE {np.mean(smape):.2f}", flush=True)


def kernels(name, make, series):
    make().forecast(y=series[0][0], h=1)
    start = time.process_time()
    rates = [make().forecast(y=train, h=1)["mean"][0] for train, _ in series]
    ms = (time.process_time() - start) * 1e3
    print(f"{name:34} {ms:9.2f} ms for {len(series)} series  mean rate {np.mean(rates):.4f}", flush=True)


folder = sys.argv[1]
months = [(train[-MONTHS:], test) for train, test in read(folder, "tourism_monthly")][::3]
race("statsforecast AutoETS", lambda: AutoETS(season_length=SEASON), months)
race("statsforecast DynamicOptimizedTheta", lambda: DynamicOptimizedTheta(season_length=SEASON), months)
race("statsforecast AutoTheta", lambda: AutoTheta(season_length=SEASON), months)
race("statsforecast AutoCES", lambda: AutoCES(season_length=SEASON), months)
race("statsforecast AutoARIMA", lambda: AutoARIMA(season_length=SEASON), months)
parts = list(read(folder, "carparts"))
kernels("statsforecast CrostonClassic", CrostonClassic, parts)
kernels("statsforecast CrostonSBA", CrostonSBA, parts)
kernels("statsforecast TSB", lambda: TSB(0.1, 0.1), parts)
kernels("statsforecast ADIDA", ADIDA, parts)
kernels("statsforecast IMAPA", IMAPA, parts)
