//! Published fits, the two likelihoods against each other, gaps, equivariance.

use super::*;

/// Monthly passengers in thousands, 1949–1960 (Box & Jenkins 1976, series G).
const PASSENGERS: [f64; 144] = [
    112., 118., 132., 129., 121., 135., 148., 148., 136., 119., 104., 118., 115., 126., 141., 135., 125., 149., 170.,
    170., 158., 133., 114., 140., 145., 150., 178., 163., 172., 178., 199., 199., 184., 162., 146., 166., 171., 180.,
    193., 181., 183., 218., 230., 242., 209., 191., 172., 194., 196., 196., 236., 235., 229., 243., 264., 272., 237.,
    211., 180., 201., 204., 188., 235., 227., 234., 264., 302., 293., 259., 229., 203., 229., 242., 233., 267., 269.,
    270., 315., 364., 347., 312., 274., 237., 278., 284., 277., 317., 313., 318., 374., 413., 405., 355., 306., 271.,
    306., 315., 301., 356., 348., 355., 422., 465., 467., 404., 347., 305., 336., 340., 318., 362., 348., 363., 435.,
    491., 505., 404., 359., 310., 337., 360., 342., 406., 396., 420., 472., 548., 559., 463., 407., 362., 405., 417.,
    391., 419., 461., 472., 535., 622., 606., 508., 461., 390., 432.,
];
/// Luteinizing hormone in blood at 10-minute intervals (R's `lh`; Diggle 1990).
const HORMONE: [f64; 48] = [
    2.4, 2.4, 2.4, 2.2, 2.1, 1.5, 2.3, 2.3, 2.5, 2.0, 1.9, 1.7, 2.2, 1.8, 3.2, 3.2, 2.7, 2.2, 2.2, 1.9, 1.9, 1.8, 2.7,
    3.0, 2.3, 2.0, 2.0, 2.9, 2.9, 2.7, 2.7, 2.3, 2.6, 2.4, 1.8, 1.7, 1.5, 1.4, 2.1, 3.3, 3.5, 3.5, 3.1, 2.6, 2.1, 3.4,
    3.0, 2.9,
];

/// Accidental deaths in the United States by month, 1973–1978 (R's `USAccDeaths`; Brockwell & Davis 1991).
const DEATHS: [f64; 72] = [
    9007., 8106., 8928., 9137., 10017., 10826., 11317., 10744., 9713., 9938., 9161., 8927., 7750., 6981., 8038., 8422.,
    8714., 9512., 10120., 9823., 8743., 9129., 8710., 8680., 8162., 7306., 8124., 7870., 9387., 9556., 10093., 9620.,
    8285., 8466., 8160., 8034., 7717., 7461., 7767., 7925., 8623., 8945., 10078., 9179., 8037., 8488., 7874., 8647.,
    7792., 6957., 7726., 8106., 8890., 9299., 10625., 9302., 8314., 8850., 8265., 8796., 7836., 6892., 7791., 8192.,
    9115., 9434., 10484., 9827., 9110., 9070., 8633., 9240.,
];

fn logs() -> Vec<f64> {
    PASSENGERS.iter().map(|y| y.ln()).collect()
}

fn airline() -> Order {
    Order { differences: 1, ma: 1, seasonal_differences: 1, seasonal_ma: 1, season: 12, ..Order::default() }
}

fn close(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance, "{got} instead of {expected}");
}

#[test]
fn the_published_model_of_the_passengers() {
    // R: arima(log(AirPassengers), c(0,1,1), seasonal = c(0,1,1)): printed digits, so half a unit of the last and R's
    // own tolerance.
    let fit = arima(&logs(), &airline()).unwrap();
    close(fit.state.ma[0], -0.4018, 2e-4);
    close(fit.state.seasonal_ma[0], -0.5569, 2e-4);
    close(fit.state.variance, 0.001348, 1e-6);
    close(fit.deviance, -2.0 * 244.70, 0.02);
    close(fit.deviance + 6.0, -483.4, 0.06);
}

#[test]
fn the_published_model_of_the_hormone() {
    // R: arima(lh, c(1,0,0)): ar1 0.5739, intercept 2.4133, σ² 0.1975, log likelihood -29.38.
    let order = Order { ar: 1, constant: true, ..Order::default() };
    let fit = arima(&HORMONE, &order).unwrap();
    close(fit.state.ar[0], 0.5739, 1e-4);
    close(fit.state.constant, 2.4133, 1e-4);
    close(fit.state.variance, 0.1975, 1e-4);
    close(fit.deviance, 2.0 * 29.38, 0.01);
    // R: arima(lh, c(3,0,0)): 0.6448 -0.0634 -0.2198, mean 2.3931, log likelihood -27.09.
    let fit = arima(&HORMONE, &Order { ar: 3, ..order }).unwrap();
    for (got, expected) in fit.state.ar.iter().zip([0.6448, -0.0634, -0.2198]) {
        close(*got, expected, 2e-4);
    }
    close(fit.deviance, 2.0 * 27.09, 0.01);
}

#[test]
fn the_published_model_of_the_deaths() {
    // R: arima(USAccDeaths, c(0,1,1), seasonal = c(0,1,1)): σ² 99347, within 1e-4 of it.
    let fit = arima(&DEATHS, &airline()).unwrap();
    close(fit.state.ma[0], -0.4303, 1e-4);
    close(fit.state.seasonal_ma[0], -0.5528, 1e-4);
    close(fit.deviance, 2.0 * 425.44, 0.01);
    close(fit.state.variance / 99_347.0, 1.0, 1e-4);
}

/// The filter with gaps and the recursions on the differenced series are one likelihood.
#[test]
fn two_ways_to_one_likelihood() {
    let y = logs();
    for order in [
        airline(),
        Order { ar: 2, ma: 1, constant: true, ..Order::default() },
        Order { ar: 1, ma: 2, seasonal_ar: 1, seasonal_ma: 1, differences: 1, season: 12, ..Order::default() },
        Order { ar: 1, seasonal_ar: 2, seasonal_differences: 1, season: 12, constant: true, ..Order::default() },
    ] {
        let fit = arima(&y, &order).unwrap();
        let score = with_gaps(&fit.start, &y);
        close(score.deviance(), fit.deviance, 1e-5);
        close(score.squares / score.count / fit.start.variance, 1.0, 1e-6);
    }
}

/// An AR(1) over a gap: the error two steps ahead has the variance 1 + φ².
#[test]
fn a_gap_is_stepped_over() {
    let coefficients = Coefficients::of(&Order { ar: 1, ..Order::default() }, &[0.5_f64.asin()]);
    let mut state = Arima::new(Order { ar: 1, ..Order::default() }, &coefficients, 0.0, 1.0, 0.0).unwrap();
    let (error, variance) = state.take(1.0).unwrap();
    close(error, 1.0, 0.0);
    close(variance, 4.0 / 3.0, 1e-12);
    assert_eq!(state.take(f64::NAN), None);
    let (error, variance) = state.take(1.0).unwrap();
    close(error, 0.75, 1e-12);
    close(variance, 1.25, 1e-12);
}

#[test]
fn orders_are_found() {
    let fit = auto_arima(&logs(), 12).unwrap();
    let plain = arima(&logs(), &airline()).unwrap();
    assert!(fit.aicc <= plain.aicc + 0.01, "{:?}", fit.state.order);
    assert_eq!((fit.state.order.differences, fit.state.order.seasonal_differences), (1, 1));
}

#[test]
fn gaps_cost_little() {
    let mut y = logs();
    [0, 3, 30, 31, 77, 78, 79, 140].iter().for_each(|t| y[*t] = f64::NAN);
    let (gaps, whole) = (auto_arima(&y, 12).unwrap(), auto_arima(&logs(), 12).unwrap());
    for (a, b) in gaps.state.mean(12).iter().zip(whole.state.mean(12)) {
        close(*a, b, 0.05);
    }
    assert!(gaps.state.variance(12).iter().zip(gaps.state.variance(11)).all(|(a, b)| *a == b && *a > 0.0));
}

/// A gap at the end only lets time pass; a state takes values one by one.
#[test]
fn time_passes() {
    let y = logs();
    let fit = auto_arima(&y, 12).unwrap();
    let mut later = fit.state.clone();
    (0..3).for_each(|_| later.update(f64::NAN));
    for (a, b) in later.mean(9).iter().zip(&fit.state.mean(12)[3..]) {
        close(*a, *b, 1e-9);
    }
    for (a, b) in later.variance(9).iter().zip(&fit.state.variance(12)[3..]) {
        close(*a / b, 1.0, 1e-9);
    }
    let mut anew = fit.start.clone();
    y.iter().chain(&[f64::NAN; 3]).for_each(|y| anew.update(*y));
    assert_eq!(anew, later);
    let mut ended = y.clone();
    ended.extend([f64::NAN; 3]);
    assert_eq!(auto_arima(&ended, 12).unwrap().state, later);
}

#[test]
fn scale_and_shift_go_through() {
    let y = &PASSENGERS[..96];
    let moved: Vec<f64> = y.iter().map(|y| 1e4 + 8.0 * y).collect();
    for order in [airline(), Order { ar: 2, constant: true, ..Order::default() }] {
        let (one, other) = (arima(y, &order).unwrap(), arima(&moved, &order).unwrap());
        for (a, b) in one.state.mean(12).iter().zip(other.state.mean(12)) {
            close(1e4 + 8.0 * a, b, 0.05);
        }
        for (a, b) in one.state.variance(12).iter().zip(other.state.variance(12)) {
            close(64.0 * a / b, 1.0, 1e-3);
        }
    }
}

#[test]
fn orders_that_make_no_sense_are_refused() {
    let text = |order: Order| arima(&[1.0; 9], &order).unwrap_err().to_string();
    let twice = Order { differences: 2, constant: true, ..Order::default() };
    assert_eq!(text(twice), "constant must be false where the series is differenced twice, got true");
    assert_eq!(text(Order { ar: 101, ..Order::default() }), "ar must be at most 100, got 101");
    assert_eq!(text(Order { seasonal_ma: 1, ..Order::default() }), "seasonal_ma must be at most 0, got 1");
    assert_eq!(arima(&[1.0; 9], &airline()).unwrap_err().code(), "SERIES_TOO_SHORT");
}
