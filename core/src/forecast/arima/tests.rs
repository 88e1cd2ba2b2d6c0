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

/// Annual flow of the Nile at Aswan, 1871–1970, in 10⁸ m³ (R's `Nile`; Cobb 1978).
const NILE: [f64; 100] = [
    1120., 1160., 963., 1210., 1160., 1160., 813., 1230., 1370., 1140., 995., 935., 1110., 994., 1020., 960., 1180.,
    799., 958., 1140., 1100., 1210., 1150., 1250., 1260., 1220., 1030., 1100., 774., 840., 874., 694., 940., 833.,
    701., 916., 692., 1020., 1050., 969., 831., 726., 456., 824., 702., 1120., 1100., 832., 764., 821., 768., 845.,
    864., 862., 698., 845., 744., 796., 1040., 759., 781., 865., 845., 944., 984., 897., 822., 1010., 771., 676., 649.,
    846., 812., 742., 801., 1040., 860., 874., 848., 890., 744., 749., 838., 1050., 918., 986., 797., 923., 975., 815.,
    1020., 906., 901., 1170., 912., 746., 919., 718., 714., 740.,
];

/// Canadian lynx trapped a year, 1821–1934 (R's `lynx`; Campbell & Walker 1977).
const LYNX: [f64; 114] = [
    269., 321., 585., 871., 1475., 2821., 3928., 5943., 4950., 2577., 523., 98., 184., 279., 409., 2285., 2685., 3409.,
    1824., 409., 151., 45., 68., 213., 546., 1033., 2129., 2536., 957., 361., 377., 225., 360., 731., 1638., 2725.,
    2871., 2119., 684., 299., 236., 245., 552., 1623., 3311., 6721., 4254., 687., 255., 473., 358., 784., 1594., 1676.,
    2251., 1426., 756., 299., 201., 229., 469., 736., 2042., 2811., 4431., 2511., 389., 73., 39., 49., 59., 188., 377.,
    1292., 4031., 3495., 587., 105., 153., 387., 758., 1307., 3465., 6991., 6313., 3794., 1836., 345., 382., 808.,
    1388., 2713., 3800., 3091., 2985., 3790., 674., 81., 80., 108., 229., 399., 1132., 2432., 3574., 2935., 1537.,
    529., 485., 662., 1000., 1590., 2657., 3396.,
];

/// Quarterly approval of the president of the United States in percent, 1945–1974, six quarters unknown (R's `presidents`).
const APPROVAL: [f64; 120] = [
    f64::NAN,
    87.,
    82.,
    75.,
    63.,
    50.,
    43.,
    32.,
    35.,
    60.,
    54.,
    55.,
    36.,
    39.,
    f64::NAN,
    f64::NAN,
    69.,
    57.,
    57.,
    51.,
    45.,
    37.,
    46.,
    39.,
    36.,
    24.,
    32.,
    23.,
    25.,
    32.,
    f64::NAN,
    32.,
    59.,
    74.,
    75.,
    60.,
    71.,
    61.,
    71.,
    57.,
    71.,
    68.,
    79.,
    73.,
    76.,
    71.,
    67.,
    75.,
    79.,
    62.,
    63.,
    57.,
    60.,
    49.,
    48.,
    52.,
    57.,
    62.,
    61.,
    66.,
    71.,
    62.,
    61.,
    57.,
    72.,
    83.,
    71.,
    78.,
    79.,
    71.,
    62.,
    74.,
    76.,
    64.,
    62.,
    57.,
    80.,
    73.,
    69.,
    69.,
    71.,
    64.,
    69.,
    62.,
    63.,
    46.,
    56.,
    44.,
    44.,
    52.,
    38.,
    46.,
    36.,
    49.,
    35.,
    44.,
    59.,
    65.,
    65.,
    56.,
    66.,
    53.,
    61.,
    52.,
    51.,
    48.,
    54.,
    49.,
    49.,
    61.,
    f64::NAN,
    f64::NAN,
    68.,
    44.,
    40.,
    27.,
    28.,
    25.,
    24.,
    24.,
];

/// Users of a server by minute (R's `WWWusage`; Durbin & Koopman 2001).
const USERS: [f64; 100] = [
    88., 84., 85., 85., 84., 85., 83., 85., 88., 89., 91., 99., 104., 112., 126., 138., 146., 151., 150., 148., 147.,
    149., 143., 132., 131., 139., 147., 150., 148., 145., 140., 134., 131., 131., 129., 126., 126., 132., 137., 140.,
    142., 150., 159., 167., 170., 171., 172., 172., 174., 175., 172., 172., 174., 174., 169., 165., 156., 142., 131.,
    121., 112., 104., 102., 99., 99., 95., 88., 84., 84., 87., 89., 88., 85., 86., 89., 91., 91., 94., 101., 110.,
    121., 135., 145., 149., 156., 165., 171., 175., 177., 182., 193., 204., 208., 210., 215., 222., 228., 226., 222.,
    220.,
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

#[test]
fn the_published_model_of_the_nile() {
    // Durbin & Koopman (2012), 2.10.3: the local level with variances 15 098.5 and 1 469.1, as an ARIMA(0,1,1):
    // θ = (√(q² + 4q) − q − 2)/2 = −0.7331 at q = 0.0973; R: arima(Nile, c(0,1,1)): log likelihood -632.55.
    let fit = arima(&NILE, &Order { differences: 1, ma: 1, ..Order::default() }).unwrap();
    close(fit.state.ma[0], -0.7331, 5e-4);
    close(fit.deviance, 2.0 * 632.55, 0.011);
}

#[test]
fn the_published_model_of_the_lynx() {
    // R: auto.arima(lynx): ARIMA(2,0,2), ar 1.3421 -0.6738, ma -0.2027 -0.2564, mean 1544.4039, AICc 1876.95.
    let order = Order { ar: 2, ma: 2, constant: true, ..Order::default() };
    let fit = arima(&LYNX, &order).unwrap();
    for (got, expected) in fit.state.ar.iter().chain(&fit.state.ma).zip([1.3421, -0.6738, -0.2027, -0.2564]) {
        close(*got, expected, 1e-3);
    }
    close(fit.state.constant, 1544.4, 1.0);
    close(fit.deviance, 2.0 * 932.08, 0.011);
    close(fit.aicc, 1876.95, 0.011);
    let chosen = auto_arima(&LYNX, 1).unwrap();
    assert!(chosen.aicc < 1876.96, "{:?} {}", chosen.state.order, chosen.aicc);
}

/// With gaps: R's arima(presidents, c(3,0,0)).
#[test]
fn the_published_model_of_the_approval() {
    let fit = arima(&APPROVAL, &Order { ar: 3, constant: true, ..Order::default() }).unwrap();
    for (got, expected) in fit.state.ar.iter().zip([0.7496, 0.2523, -0.1890]) {
        close(*got, expected, 2e-3);
    }
    close(fit.state.constant, 56.2236, 0.05);
    close(fit.state.variance, 81.12, 0.1);
    close(fit.deviance, 2.0 * 414.08, 0.011);
}

#[test]
fn the_published_model_of_the_users() {
    // R: arima(WWWusage, c(3,1,0)): 1.1513 -0.6612 0.3407, σ² 9.363, log likelihood -252, AIC 511.99.
    let fit = arima(&USERS, &Order { ar: 3, differences: 1, ..Order::default() }).unwrap();
    for (got, expected) in fit.state.ar.iter().zip([1.1513, -0.6612, 0.3407]) {
        close(*got, expected, 2e-4);
    }
    close(fit.deviance + 8.0, 511.99, 0.011);
    // R: auto.arima(WWWusage): ARIMA(1,1,1), AICc 514.55.
    assert!(auto_arima(&USERS, 1).unwrap().aicc < 514.56);
}

/// Where autoregression and moving average may cancel there are several optima: the lowest is found.
#[test]
fn the_lowest_of_several_optima() {
    let mut random = 1_u64;
    let mut unit = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    // an AR(1) of 0.97 in more noise than its own: ARMA(1,1) with a moving average of about -0.8
    let mut level = 0.0;
    let mut y = Vec::new();
    for _ in 0..240 {
        level = 0.97 * level + unit();
        y.push(level + 4.0 * unit());
    }
    let order = Order { ar: 1, ma: 1, ..Order::default() };
    let fit = arima(&y, &order).unwrap();
    assert!(fit.state.ar[0] > 0.8 && fit.state.ma[0] < -0.4, "{:?} {:?}", fit.state.ar, fit.state.ma);
    let one = Target::new(&Series::of(&y, &order), order, GIVEN).fit(vec![-0.7, 0.7], LONG).unwrap();
    assert!(one.aicc > fit.aicc - 1e-6);
}

/// No model that is chosen has a root within 1.01 of the circle.
#[test]
fn chosen_models_keep_away_from_the_circle() {
    let order = Order { ar: 1, ma: 2, ..Order::default() };
    for angles in [[1.54, 1.54, 1.54], [-1.54, 1.54, -1.54], [1.54, -1.54, 1.54]] {
        let c = Coefficients::of(&order, &angles, CHOSEN);
        let stretched: Vec<f64> = c.ma.iter().zip([1.01, 1.01 * 1.01]).map(|(c, s)| -c * s).collect();
        assert!(partials(&stretched).is_some() && c.ar[0].abs() < 1.0 / 1.01);
    }
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
    let coefficients = Coefficients::of(&Order { ar: 1, ..Order::default() }, &[0.5_f64.asin()], GIVEN);
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
    let (y, plain) = (logs(), arima(&logs(), &airline()).unwrap());
    let tested = search::differencing_orders(&y, 12)[0];
    assert_eq!((tested.differences, tested.seasonal_differences), (1, 1));
    let near = search::searched(&y, &y, tested);
    let (of_least_aicc, aicc) = (near[0].model.clone(), near[0].aicc);
    assert!(near.len() > 1 && near.iter().all(|own| own.aicc >= aicc && own.aicc <= aicc + 9.0));
    assert!(aicc <= plain.aicc + 0.01, "{:?}", of_least_aicc.order);
    let chosen = auto_arima(&y, 12).unwrap().state;
    let off = |model: &Arima| search::missed(model, &y).unwrap();
    assert!(off(&chosen) <= off(&of_least_aicc).min(off(&plain.state)), "{:?}", chosen.order);
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

/// Two triangles of the filter's covariance that differ by rounding made it explode with these coefficients.
#[test]
fn rounding_does_not_grow() {
    let order = Order { ar: 3, ma: 2, constant: true, ..Order::default() };
    let (ar, ma) = (vec![1.793_751, -1.412_566, 0.510_672], vec![-1.382_158, 0.821_06]);
    let coefficients =
        Coefficients { phi: ar.clone(), theta: ma.clone(), ar, ma, seasonal_ar: Vec::new(), seasonal_ma: Vec::new() };
    let mut model = Arima::new(order, &coefficients, 100.0, 4.0, 0.0).unwrap();
    for t in 0..2_000 {
        model.update(100.0 + f64::from(t * 7919 % 101) / 10.0);
        let variance = model.variance(1)[0];
        assert!((4.0 - 1e-9..200.0).contains(&variance), "{variance} after {t}");
    }
    assert!(model.mean(12).iter().all(|x| (0.0..300.0).contains(x)));
    close(model.variance(1)[0], 4.0, 1e-6);
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

#[test]
fn models_near_the_least_aicc_are_averaged() {
    let y = logs();
    let own = average(&y, &vec![1.0; y.len()], 12).unwrap();
    let parts = own.parts();
    assert!((2..=10).contains(&parts.len()), "{}", parts.len());
    close(parts.iter().map(|(weight, _)| weight).sum(), 1.0, 1e-12);
    assert!(parts.windows(2).all(|pair| pair[0].0 >= pair[1].0));
    let (mut whole, mut alone) = (own.clone(), parts[0].1.clone());
    y.iter().for_each(|y| (Roll::update(&mut whole, *y, 1.0), Roll::update(&mut alone, *y, 1.0)).0);
    let far = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    let apart = far(&Roll::path(&whole, 12), &Roll::path(&alone, 12));
    assert!(apart > 0.0 && apart < 0.1, "{apart}");
    let each: Vec<f64> = (1..=12).map(|ahead| Roll::ahead(&whole, ahead)).collect();
    assert!(far(&each, &Roll::path(&whole, 12)) < 1e-12);
    let mut out = Writer::default();
    whole.save(&mut out);
    let mut read = Reader(&out.0);
    let again = Arimas::load(&mut read).unwrap();
    assert!(read.0.is_empty() && Roll::path(&again, 12) == Roll::path(&whole, 12));
    let anew = own.like(&y[..100], &[1.0; 100]).unwrap();
    close(anew.parts().iter().map(|(weight, _)| weight).sum(), 1.0, 1e-12);
}

/// Weights of models 2 and 4 above the least AICc, of two differences of which one errs twice as much.
#[test]
fn weights_fall_with_aicc_and_errors() {
    let near = |aicc: f64| Near {
        model: Arima::new(Order::default(), &Coefficients::of(&Order::default(), &[], GIVEN), 0.0, 1.0, 0.0).unwrap(),
        deviance: 0.0,
        aicc,
    };
    let own = Arimas::of(vec![(2.0, vec![near(90.0)]), (1.0, vec![near(10.0), near(12.0), near(14.0)])]).unwrap();
    let raw = [1.0, (-0.5f64).exp(), (-1.0f64).exp(), 0.0625];
    let total: f64 = raw.iter().sum();
    own.parts().iter().zip(raw).for_each(|((weight, _), raw)| close(*weight, raw / total, 1e-12));
    assert_eq!(own.parts().len(), 4);
    assert!(Arimas::of(Vec::new()).is_none());
}
