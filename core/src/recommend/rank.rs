//! Ranks candidates for a person: hard filter first, then taste × trend × availability.
//!
//! score = appeal × trend × availability, with
//! affinity = Σ_j r_j s_j cos(i, j) / Σ_j r_j |s_j| over the history (s = strength, r = recency) + content × match,
//! cos(i, j) = Σ w_i w_j / (√(Σ w_i² · Σ w_j²) + shrinkage) over subjects,
//! appeal = base + affinity where that is liked, base² / (base − affinity) where it is disliked,
//! trend = demand decayed by its half-life + floor × the demand of all time.
//! The product form is what works on streams: taste alone misses what is launched, trend alone knows nobody.
//!
//! Invariants: what is withheld is never returned, for any `k` and by any fallback; scores are ≥ 0;
//! sums run in the order of the history, ties are broken by the external key.
//!
//! Source: item-item cosine, Sarwar et al. (2001), with shrinkage, Bell & Koren (2007).

use serde::{Deserialize, Serialize};

use super::content::{Content, Profile};
use super::taste::{Seen, Taste};
use crate::base::{Day, Error, Interner, Result, SkuId, SubjectId};

/// Fewest people that an explanation speaks of.
const PEOPLE_SHOWN_MIN: u32 = 3;

/// One item in so many is called popular, three at least.
const POPULAR_ONE_IN: usize = 100;

/// How taste, attributes and trend are blended.
///
/// The defaults suit a shop that learns as it sells: chosen on the second-last year of a public set of cosmetics
/// reviews, on the last year they find the next liked item among 2,253 in the first ten 42 times of a hundred
/// (a half-life of 7 days: 40; without the trend: 12, on last-liked items). Where time does not matter, set
/// `demand_half_life_days` to 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScoreParams {
    /// Added to the denominator of the cosine, in squared strengths: trusts pairs that few people share less; ≥ 0.
    pub shrinkage: f64,
    /// Weight of the attribute match beside the cosine; ≥ 0.
    pub content: f64,
    /// Appeal of an item that nothing is known about; > 0.
    pub base: f64,
    /// Days after which an interaction of the person counts half; > 0.
    pub taste_half_life_days: f64,
    /// Days after which demand counts half; 0 leaves the trend out.
    pub demand_half_life_days: f64,
    /// Share of the demand of all time that is added to the trend; ≥ 0.
    pub demand_floor: f64,
}

impl Default for ScoreParams {
    fn default() -> Self {
        ScoreParams {
            shrinkage: 200.0,
            content: 0.03,
            base: 0.007,
            taste_half_life_days: 365.0,
            demand_half_life_days: 5.0,
            demand_floor: 0.0005,
        }
    }
}

impl ScoreParams {
    /// Answers whether every field is in its domain.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        let at_least_0 = [
            ("shrinkage", self.shrinkage),
            ("content", self.content),
            ("demand_half_life_days", self.demand_half_life_days),
            ("demand_floor", self.demand_floor),
        ];
        let above_0 = [("base", self.base), ("taste_half_life_days", self.taste_half_life_days)];
        for (field, x) in at_least_0 {
            if !(x.is_finite() && x >= 0.0) {
                return Err(Error::argument(field, "a finite number of at least 0", x));
            }
        }
        for (field, x) in above_0 {
            if !(x.is_finite() && x > 0.0) {
                return Err(Error::argument(field, "a finite number above 0", x));
            }
        }
        Ok(())
    }
}

/// Why an item may not be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Withheld {
    /// Nothing can be sold.
    OutOfStock,
    /// What is left has expired.
    Expired,
    /// It was recalled.
    Recalled,
    /// A rule of the person or the shop forbids it, for the reason given.
    HardRule(String),
}

/// An item that might be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The item.
    pub sku: SkuId,
    /// Whether it may be shown at all.
    pub allowed: std::result::Result<(), Withheld>,
    /// How sure it is that the item is there, 0–1 (1 − p_phantom); multiplies the score.
    pub availability: f64,
}

impl Candidate {
    /// A candidate that is allowed and surely there.
    pub fn new(sku: SkuId) -> Candidate {
        Candidate { sku, allowed: Ok(()), availability: 1.0 }
    }
}

/// Whom to recommend to, and how many.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The person; `None` for a stranger.
    pub subject: Option<SubjectId>,
    /// How many picks at most.
    pub k: usize,
    /// Leaves out what the person rated or bought; what was only viewed may come again. What was disliked or
    /// sent back is always left out.
    pub exclude_seen: bool,
    /// Fills `reasons` and `why`.
    pub explain: bool,
    /// Attributes that the person wishes for, such as `skin_type:oily`.
    pub profile: Vec<String>,
    /// Most picks of one brand (attribute `brand:…`); 0 for no cap.
    pub max_per_brand: usize,
}

impl Default for Request {
    fn default() -> Self {
        Request { subject: None, k: 10, exclude_seen: true, explain: false, profile: Vec::new(), max_per_brand: 0 }
    }
}

/// What a reason rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// An item of the person's history; weight = its part of the affinity.
    History,
    /// People who chose both; weight = the cosine.
    Together,
    /// An attribute shared with what the person likes or wishes; weight = its part of the affinity.
    Content,
    /// Recent demand; weight = demand relative to the most wanted item.
    Trend,
    /// Demand of all time; weight = demand relative to the most wanted item.
    Popular,
}

/// One reason for a pick.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// What it rests on.
    pub kind: ReasonKind,
    /// The reason in words.
    pub because: String,
    /// How much it weighs, by kind.
    pub weight: f64,
}

/// One recommended item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Pick {
    /// The item's external key.
    pub sku: String,
    /// Appeal × trend × availability; comparable within one answer only.
    pub score: f64,
    /// Why, part by part; empty unless asked for.
    pub reasons: Vec<Reason>,
    /// The reasons as one sentence; empty unless asked for.
    pub why: String,
}

/// What all requests of one day and state share: demand and norms. A cache of [`Taste`], rebuilt per published state.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trend {
    today: Day,
    roots: Vec<f64>,
    recent: Vec<f64>,
    total: Vec<f64>,
    popular_from: f64,
    most_recent: f64,
    most_total: f64,
}

impl Trend {
    /// The trend of `skus` interned items on a day. O(items + days × items wanted a day).
    pub fn new(taste: &Taste, skus: usize, today: Day, params: &ScoreParams) -> Trend {
        let own = |id: usize| taste.item(SkuId(id as u32));
        let roots = (0..skus).map(|id| own(id).map_or(0.0, |item| (item.norm as f64).sqrt())).collect();
        let total: Vec<f64> = (0..skus).map(|id| own(id).map_or(0.0, |item| item.weight as f64)).collect();
        let recent = recent_demand(taste, skus, today, params.demand_half_life_days);
        let popular_from = nth_largest(&recent, (skus / POPULAR_ONE_IN).max(3));
        let (most_recent, most_total) = (largest(&recent), largest(&total));
        Trend { today, roots, recent, total, popular_from, most_recent, most_total }
    }

    /// Decayed demand of an item, in strengths.
    pub fn demand(&self, sku: SkuId) -> f64 {
        self.recent.get(sku.index()).copied().unwrap_or(0.0)
    }

    fn cosine(&self, sku: SkuId, other: SkuId, weight: i64, shrinkage: f64) -> f64 {
        let root = |sku: SkuId| self.roots.get(sku.index()).copied().unwrap_or(0.0);
        let denominator = root(sku) * root(other) + shrinkage;
        if denominator > 0.0 { weight as f64 / denominator } else { 0.0 }
    }
}

/// Demand decayed by half every `half_life` days, summed day after day; days to come count as today.
fn recent_demand(taste: &Taste, skus: usize, today: Day, half_life: f64) -> Vec<f64> {
    let mut recent = vec![0.0; skus];
    if half_life <= 0.0 {
        return recent;
    }
    let horizon = (20.0 * half_life).min(1e6) as i32; // beyond, less than a millionth is left
    for (day, items) in taste.demand().range(today + -horizon..) {
        let share = half(f64::from((today - *day).max(0)) / half_life);
        for (sku, units) in items.iter().filter(|(sku, _)| sku.index() < skus) {
            recent[sku.index()] += share * *units as f64;
        }
    }
    recent
}

fn half(lives: f64) -> f64 {
    (-lives * std::f64::consts::LN_2).exp()
}

fn nth_largest(values: &[f64], n: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    sorted.get(n.saturating_sub(1).min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

/// Everything that ranking reads.
#[derive(Debug, Clone, Copy)]
pub struct Model<'a> {
    /// What people like.
    pub taste: &'a Taste,
    /// What items are.
    pub content: &'a Content,
    /// External keys of the items.
    pub skus: &'a Interner,
    /// Demand and norms of the day.
    pub trend: &'a Trend,
    /// How to blend.
    pub params: &'a ScoreParams,
}

/// A person's history with the weight of each item, −1 … 1 in sum of absolute values.
struct Wish<'a> {
    liked: Vec<(&'a Seen, f64)>,
    profile: Profile,
}

impl Model<'_> {
    /// The best `k` of the candidates, best first; fewer where fewer are allowed.
    ///
    /// A candidate that the interner does not know is left out; of two entries of one item the stricter counts.
    ///
    /// ```
    /// use trousse::base::{Day, Interner, SkuId, SubjectId};
    /// use trousse::recommend::*;
    /// let mut skus = Interner::default();
    /// let [lip, serum, mask] = ["LIP-01", "SER-30", "MASK-2"].map(|key| SkuId(skus.intern(key)));
    /// let (ana, params) = (SubjectId(9), ScoreParams::default());
    /// let mut taste = Taste::default();
    /// for person in 0..4 {
    ///     taste.observe(SubjectId(person), lip, Interaction::Purchase, Day(1));
    ///     taste.observe(SubjectId(person), serum, Interaction::Purchase, Day(1));
    /// }
    /// taste.observe(ana, lip, Interaction::Rating(5), Day(2));
    /// let (trend, content) = (Trend::new(&taste, skus.len(), Day(2), &params), Content::default());
    /// let model = Model { taste: &taste, content: &content, skus: &skus, trend: &trend, params: &params };
    /// let mut offered = [lip, serum, mask].map(Candidate::new);
    /// offered[2].allowed = Err(Withheld::Recalled);
    /// let picks = model.rank(&Request { subject: Some(ana), explain: true, ..Default::default() }, &offered);
    /// assert_eq!(picks.len(), 1);
    /// assert_eq!(picks[0].sku, "SER-30");
    /// assert_eq!(picks[0].why, "because you rated LIP-01 5 of 5; chosen together by 4 people; popular this week");
    /// ```
    pub fn rank(&self, request: &Request, candidates: &[Candidate]) -> Vec<Pick> {
        let wish = self.wish(request);
        let offered = self.offered(request, candidates);
        let cosines = self.cosines(&wish);
        let mut scored: Vec<(f64, SkuId)> = offered
            .into_iter()
            .map(|(sku, availability)| (self.score(sku, cosines[sku.index()], &wish) * availability, sku))
            .collect();
        self.best(&mut scored, request);
        scored.into_iter().map(|(score, sku)| self.pick(score, sku, &wish, request.explain)).collect()
    }

    /// What may be shown, with its availability, in id order.
    fn offered(&self, request: &Request, candidates: &[Candidate]) -> Vec<(SkuId, f64)> {
        let mut availability = vec![f64::NAN; self.skus.len()];
        let mut withheld = vec![false; self.skus.len()];
        for seen in request.subject.map_or(&[][..], |subject| self.taste.history(subject)) {
            if let Some(flag) = withheld.get_mut(seen.sku.index()) {
                *flag = seen.strength() < 0 || request.exclude_seen && seen.is_settled();
            }
        }
        for candidate in candidates.iter().filter(|candidate| candidate.sku.index() < self.skus.len()) {
            let at = candidate.sku.index();
            withheld[at] |= candidate.allowed.is_err();
            let sure = if candidate.availability >= 0.0 { candidate.availability.min(1.0) } else { 0.0 };
            availability[at] = availability[at].min(sure); // min ignores NaN
        }
        let shown = |(at, sure): (usize, &f64)| (!withheld[at] && !sure.is_nan()).then_some((SkuId(at as u32), *sure));
        availability.iter().enumerate().filter_map(shown).collect()
    }

    fn wish(&self, request: &Request) -> Wish<'_> {
        let history = request.subject.map_or(&[][..], |subject| self.taste.history(subject));
        let mut liked: Vec<(&Seen, f64)> = history.iter().map(|seen| (seen, self.weight(seen))).collect();
        let total: f64 = liked.iter().map(|(_, weight)| weight.abs()).sum();
        liked.iter_mut().for_each(|(_, weight)| *weight /= total.max(f64::MIN_POSITIVE));
        let items = liked.iter().map(|(seen, weight)| (seen.sku, *weight));
        let profile = self.content.profile(items, &request.profile);
        Wish { liked, profile }
    }

    fn weight(&self, seen: &Seen) -> f64 {
        let age_days = f64::from((self.trend.today - seen.day).max(0));
        f64::from(seen.strength()) * half(age_days / self.params.taste_half_life_days)
    }

    /// Weighted cosines of every item with the history.
    fn cosines(&self, wish: &Wish<'_>) -> Vec<f64> {
        let mut sums = vec![0.0; self.skus.len()];
        for (seen, weight) in &wish.liked {
            for pair in self.taste.item(seen.sku).map_or(&[][..], |item| &item.pairs) {
                if let Some(sum) = sums.get_mut(pair.sku.index()) {
                    *sum += weight * self.trend.cosine(seen.sku, pair.sku, pair.weight, self.params.shrinkage);
                }
            }
        }
        sums
    }

    fn score(&self, sku: SkuId, cosine: f64, wish: &Wish<'_>) -> f64 {
        let base = self.params.base;
        let affinity = cosine + self.params.content * self.content.match_with(sku, &wish.profile);
        let appeal = if affinity >= 0.0 { base + affinity } else { base * base / (base - affinity) };
        appeal * self.pull(sku, wish)
    }

    /// The trend; without one, a stranger is shown what was popular at all times.
    fn pull(&self, sku: SkuId, wish: &Wish<'_>) -> f64 {
        let total = self.trend.total.get(sku.index()).copied().unwrap_or(0.0);
        if self.params.demand_half_life_days > 0.0 {
            return self.trend.demand(sku) + self.params.demand_floor * (total + 1.0);
        }
        if wish.liked.is_empty() { total + 1.0 } else { 1.0 }
    }

    /// Cuts to the best `k`, best first, ties by key, within the cap of a brand.
    fn best(&self, scored: &mut Vec<(f64, SkuId)>, request: &Request) {
        let order = |a: &(f64, SkuId), b: &(f64, SkuId)| {
            b.0.total_cmp(&a.0).then_with(|| self.skus.key(a.1.0).cmp(self.skus.key(b.1.0)))
        };
        if request.max_per_brand == 0 && request.k < scored.len() {
            scored.select_nth_unstable_by(request.k, order);
            scored.truncate(request.k);
        }
        scored.sort_unstable_by(order);
        if request.max_per_brand > 0 {
            self.cap_brands(scored, request.max_per_brand);
        }
        scored.truncate(request.k);
    }

    fn cap_brands(&self, scored: &mut Vec<(f64, SkuId)>, most: usize) {
        let mut shown: std::collections::BTreeMap<&str, usize> = Default::default();
        scored.retain(|(_, sku)| {
            let Some(brand) = self.content.attributes(*sku).find(|text| text.starts_with("brand:")) else {
                return true;
            };
            let count = shown.entry(brand).or_default();
            *count += 1;
            *count <= most
        });
    }

    fn pick(&self, score: f64, sku: SkuId, wish: &Wish<'_>, explain: bool) -> Pick {
        let reasons = if explain { self.reasons(sku, wish) } else { Vec::new() };
        let why = if explain { sentence(&reasons) } else { String::new() };
        Pick { sku: self.skus.key(sku.0).to_string(), score, reasons, why }
    }

    fn reasons(&self, sku: SkuId, wish: &Wish<'_>) -> Vec<Reason> {
        let mut reasons = self.history_reasons(sku, wish);
        reasons.extend(self.content_reason(sku, wish));
        reasons.extend(self.trend_reason(sku));
        if reasons.is_empty() {
            reasons.extend(self.popular_reason(sku));
        }
        reasons
    }

    /// The item of the history that speaks most for the pick, of equals the one touched last.
    fn history_reasons(&self, sku: SkuId, wish: &Wish<'_>) -> Vec<Reason> {
        let mut best: Option<(f64, f64, &Seen, u32)> = None;
        for (seen, weight) in &wish.liked {
            let Some(pair) = self.taste.pair(seen.sku, sku) else { continue };
            let cosine = self.trend.cosine(seen.sku, sku, pair.weight, self.params.shrinkage);
            let part = weight * cosine;
            if part > 0.0 && best.is_none_or(|(other, ..)| part >= other) {
                best = Some((part, cosine, seen, pair.people));
            }
        }
        let Some((part, cosine, seen, people)) = best else { return Vec::new() };
        if seen.sku.index() >= self.skus.len() {
            return Vec::new();
        }
        let because = format!("you {}", self.deed(seen));
        let mut reasons = vec![Reason { kind: ReasonKind::History, because, weight: part }];
        if people >= PEOPLE_SHOWN_MIN {
            let because = format!("chosen together by {people} people");
            reasons.push(Reason { kind: ReasonKind::Together, because, weight: cosine });
        }
        reasons
    }

    fn deed(&self, seen: &Seen) -> String {
        let key = self.skus.key(seen.sku.0);
        match (seen.rating, seen.implicit) {
            (0, 1) => format!("viewed {key}"),
            (0, 2) => format!("clicked {key}"),
            (0, 3) => format!("put {key} into your cart"),
            (0, _) => format!("bought {key}"),
            (stars, _) => format!("rated {key} {stars} of 5"),
        }
    }

    fn content_reason(&self, sku: SkuId, wish: &Wish<'_>) -> Option<Reason> {
        let weight = self.params.content * self.content.match_with(sku, &wish.profile);
        let attribute = self.content.strongest(sku, &wish.profile).filter(|_| weight > 0.0)?;
        Some(Reason { kind: ReasonKind::Content, because: format!("matches {attribute}"), weight })
    }

    fn trend_reason(&self, sku: SkuId) -> Option<Reason> {
        let demand = self.trend.demand(sku);
        if demand <= 0.0 || demand < self.trend.popular_from {
            return None;
        }
        let because = match self.params.demand_half_life_days {
            days if days <= 1.0 => "popular today",
            days if days <= 10.0 => "popular this week",
            days if days <= 45.0 => "popular this month",
            _ => "popular lately",
        };
        let weight = demand / self.trend.most_recent;
        Some(Reason { kind: ReasonKind::Trend, because: because.into(), weight })
    }

    fn popular_reason(&self, sku: SkuId) -> Option<Reason> {
        let item = self.taste.item(sku).filter(|item| item.people >= PEOPLE_SHOWN_MIN)?;
        let because = format!("chosen by {} people", item.people);
        let weight = item.weight as f64 / self.trend.most_total;
        Some(Reason { kind: ReasonKind::Popular, because, weight })
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::MIN_POSITIVE, f64::max)
}

fn sentence(reasons: &[Reason]) -> String {
    if reasons.is_empty() {
        return "little is known about it yet".into();
    }
    let parts: Vec<&str> = reasons.iter().map(|reason| reason.because.as_str()).collect();
    let because = if reasons[0].kind == ReasonKind::History { "because " } else { "" };
    format!("{because}{}", parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::super::content::Attributes;
    use super::super::taste::{Interaction, Observed};
    use super::*;
    use crate::base::fold::laws;
    use proptest::prelude::*;

    struct Shop {
        taste: Taste,
        content: Content,
        skus: Interner,
        params: ScoreParams,
    }

    impl Shop {
        fn with<T>(&self, read: impl FnOnce(&Model<'_>) -> T) -> T {
            let trend = Trend::new(&self.taste, self.skus.len(), Day(10), &self.params);
            let (taste, content, skus, params) = (&self.taste, &self.content, &self.skus, &self.params);
            read(&Model { taste, content, skus, trend: &trend, params })
        }
        fn rank(&self, request: &Request, candidates: &[Candidate]) -> Vec<Pick> {
            self.with(|model| model.rank(request, candidates))
        }
    }

    const ITEMS: u32 = 7;

    /// A shop whose items are interned in an order of the caller's; item `i` is always `key-i` and of brand `i % 3`.
    fn shop(events: &[(u32, u32, Interaction, i32)], order: &[u32], half_life: f64) -> Shop {
        let mut skus = Interner::default();
        order.iter().for_each(|i| {
            skus.intern(&format!("key-{i}"));
        });
        let id = |i: u32| SkuId(skus.id(&format!("key-{i}")).unwrap());
        let events: Vec<Observed> =
            events.iter().map(|(who, i, how, day)| (SubjectId(*who), id(*i), *how, Day(*day))).collect();
        let texts: Vec<[String; 1]> = order.iter().map(|i| [format!("brand:{}", i % 3)]).collect();
        let items: Vec<Attributes<'_>> =
            order.iter().zip(&texts).map(|(i, texts)| Attributes { sku: id(*i), texts }).collect();
        let content = Content::new(skus.len(), &items);
        let params = ScoreParams { demand_half_life_days: half_life, ..Default::default() };
        Shop { taste: laws::fold(&events), content, skus, params }
    }

    fn everything() -> Vec<Candidate> {
        (0..ITEMS).map(|id| Candidate::new(SkuId(id))).collect()
    }

    fn events() -> impl Strategy<Value = Vec<(u32, u32, Interaction, i32)>> {
        let how = prop_oneof![
            Just(Interaction::View),
            Just(Interaction::Purchase),
            Just(Interaction::Return),
            (1u8..=5).prop_map(Interaction::Rating),
        ];
        prop::collection::vec((0u32..5, 0..ITEMS, how, 0i32..10), 0..50)
    }

    /// The formula of the module's head, from the histories alone.
    fn naive_score(shop: &Shop, who: SubjectId, sku: SkuId) -> f64 {
        let liking = |who: u32, sku: SkuId| f64::from(shop.taste.strength(SubjectId(who), sku).max(0));
        let dot = |a: SkuId, b: SkuId| (0..5).map(|who| liking(who, a) * liking(who, b)).sum::<f64>();
        let (mut affinity, mut profile, mut total) = (0.0, [0.0; 3], 0.0);
        let brand = |sku: SkuId| shop.skus.key(sku.0)[4..].parse::<usize>().unwrap() % 3;
        let idf = [3.0, 2.0, 2.0].map(|df: f64| (8.0 / df).ln());
        for seen in shop.taste.history(who) {
            let recency = 0.5_f64.powf(f64::from(10 - seen.day.0) / shop.params.taste_half_life_days);
            let weight = f64::from(seen.strength()) * recency;
            total += weight.abs();
            if seen.sku != sku {
                let root = (dot(sku, sku) * dot(seen.sku, seen.sku)).sqrt();
                affinity += weight * dot(sku, seen.sku) / (root + shop.params.shrinkage);
            }
            profile[brand(seen.sku)] += weight;
        }
        let length = profile.iter().map(|x: &f64| x * x).sum::<f64>().sqrt();
        assert!(idf.iter().all(|x| *x > 0.0)); // one attribute an item: its unit vector does not depend on idf
        affinity /= if total > 0.0 { total } else { 1.0 };
        affinity += if length > 0.0 { shop.params.content * profile[brand(sku)] / length } else { 0.0 };
        let base = shop.params.base;
        let appeal = if affinity >= 0.0 { base + affinity } else { base * base / (base - affinity) };
        let half_life = shop.params.demand_half_life_days;
        let wanted = |day: i32| shop.taste.demand_on(sku, Day(day)) as f64;
        let recent: f64 = (0..10).map(|day| wanted(day) * 0.5_f64.powf(f64::from(10 - day) / half_life)).sum();
        let all: f64 = (0..5).map(|who| liking(who, sku)).sum();
        appeal * (recent + shop.params.demand_floor * (all + 1.0))
    }

    fn keys(picks: &[Pick]) -> Vec<&str> {
        picks.iter().map(|pick| pick.sku.as_str()).collect()
    }

    #[test]
    fn a_dislike_lowers_what_is_alike() {
        use Interaction::*;
        let mut rows = vec![];
        for who in 0..4 {
            rows.extend([(who, 0, Purchase, 5), (who, 1, Purchase, 5), (who, 3, Purchase, 5), (who, 4, Purchase, 5)]);
        }
        let before = shop(&rows, &[0, 1, 2, 3, 4, 5, 6], 0.0);
        rows.push((9, 0, Rating(1), 6));
        let after = shop(&rows, &[0, 1, 2, 3, 4, 5, 6], 0.0);
        let request = Request { subject: Some(SubjectId(9)), exclude_seen: false, ..Default::default() };
        assert_eq!(keys(&before.rank(&request, &everything()))[..2], ["key-0", "key-1"]);
        let picks = after.rank(&request, &everything());
        assert_eq!(keys(&picks), ["key-2", "key-5", "key-6", "key-1", "key-4", "key-3"].map(|key| key));
        assert!(picks.iter().all(|pick| pick.score > 0.0));
    }

    #[test]
    fn seen_items_caps_and_strangers() {
        use Interaction::*;
        let rows = [(0, 0, Purchase, 9), (0, 1, View, 9), (1, 3, Purchase, 9), (1, 0, Purchase, 9), (1, 6, Cart, 8)];
        let shop = shop(&rows, &[0, 1, 2, 3, 4, 5, 6], 7.0);
        let ask = |subject: Option<u32>| Request { subject: subject.map(SubjectId), ..Default::default() };
        let known = shop.rank(&ask(Some(0)), &everything());
        assert!(!keys(&known).contains(&"key-0") && keys(&known).contains(&"key-1"), "bought is out, viewed is in");
        let again = shop.rank(&Request { exclude_seen: false, ..ask(Some(0)) }, &everything());
        assert!(keys(&again).contains(&"key-0"));
        let capped = shop.rank(&Request { max_per_brand: 1, ..ask(None) }, &everything());
        assert_eq!(keys(&capped), ["key-0", "key-1", "key-2"]);
        let wishing = Request { profile: vec!["brand:2".into()], k: 2, explain: true, ..ask(None) };
        let picks = shop.rank(&wishing, &[Candidate::new(SkuId(4)), Candidate::new(SkuId(5))]);
        assert_eq!((picks[0].sku.as_str(), picks[0].why.as_str()), ("key-5", "matches brand:2"));
    }

    #[test]
    fn explanations_name_the_deed() {
        for (deed, why) in [
            (Interaction::View, "because you viewed key-0"),
            (Interaction::Click, "because you clicked key-0"),
            (Interaction::Cart, "because you put key-0 into your cart"),
            (Interaction::Purchase, "because you bought key-0"),
            (Interaction::Rating(4), "because you rated key-0 4 of 5"),
        ] {
            let rows = [(0, 0, Interaction::Purchase, 1), (0, 1, Interaction::Purchase, 1), (1, 0, deed, 2)];
            let shop = shop(&rows, &[0, 1, 2, 3, 4, 5, 6], 0.0);
            let request = Request { subject: Some(SubjectId(1)), explain: true, k: 1, ..Default::default() };
            assert_eq!(shop.rank(&request, &[Candidate::new(SkuId(1))])[0].why, why);
        }
    }

    #[test]
    fn params_are_checked() {
        let bad = ScoreParams { base: 0.0, ..Default::default() };
        assert_eq!(bad.check().unwrap_err().to_string(), "base must be a finite number above 0, got 0");
        let bad = ScoreParams { shrinkage: f64::NAN, ..Default::default() };
        assert_eq!(bad.check().unwrap_err().to_string(), "shrinkage must be a finite number of at least 0, got NaN");
    }

    proptest! {
        #[test]
        fn scores_equal_the_naive_formula(events in events(), who in 0u32..6) {
            let shop = shop(&events, &[0, 1, 2, 3, 4, 5, 6], 7.0);
            let request = Request { subject: Some(SubjectId(who)), ..Default::default() };
            for pick in shop.rank(&request, &everything()) {
                let naive = naive_score(&shop, SubjectId(who), SkuId(shop.skus.id(&pick.sku).unwrap()));
                prop_assert!((pick.score - naive).abs() <= 1e-9 * naive.abs(), "{} {naive}", pick.score);
            }
        }

        #[test]
        fn withheld_is_never_returned(
            events in events(), who in prop::option::of(0u32..6), k in 0usize..12, cap in 0usize..3,
            withheld in prop::collection::vec(0u8..5, ITEMS as usize), exclude_seen: bool, half_life in 0u8..9,
        ) {
            let shop = shop(&events, &[0, 1, 2, 3, 4, 5, 6], f64::from(half_life));
            let mut candidates = everything();
            candidates.extend(everything()); // a second, permissive entry must not help
            for (candidate, why) in candidates.iter_mut().zip(&withheld) {
                candidate.allowed = match why {
                    0 => Ok(()),
                    1 => Err(Withheld::OutOfStock),
                    2 => Err(Withheld::Expired),
                    3 => Err(Withheld::Recalled),
                    _ => Err(Withheld::HardRule("contains Limonene".into())),
                };
            }
            let subject = who.map(SubjectId);
            let request = Request { subject, k, exclude_seen, max_per_brand: cap, ..Default::default() };
            let picks = shop.rank(&request, &candidates);
            prop_assert!(picks.len() <= k);
            for pick in &picks {
                prop_assert_eq!(withheld[shop.skus.id(&pick.sku).unwrap() as usize], 0);
            }
            let mut distinct = keys(&picks);
            distinct.sort_unstable();
            distinct.dedup();
            prop_assert_eq!(distinct.len(), picks.len());
        }

        #[test]
        fn interned_ids_leave_no_trace(events in events(), who in 0u32..6, order in Just((0..ITEMS).collect::<Vec<u32>>()).prop_shuffle()) {
            let request = Request { subject: Some(SubjectId(who)), explain: true, ..Default::default() };
            let straight = shop(&events, &[0, 1, 2, 3, 4, 5, 6], 7.0).rank(&request, &everything());
            let shuffled = shop(&events, &order, 7.0).rank(&request, &everything());
            prop_assert_eq!(straight, shuffled);
        }

        #[test]
        fn availability_scales_the_score(events in events(), who in 0u32..6, share in 0.0f64..=1.0) {
            let shop = shop(&events, &[0, 1, 2, 3, 4, 5, 6], 7.0);
            let request = Request { subject: Some(SubjectId(who)), ..Default::default() };
            let sure = shop.rank(&request, &[Candidate::new(SkuId(2))]);
            let doubtful = shop.rank(&request, &[Candidate { availability: share, ..Candidate::new(SkuId(2)) }]);
            for (sure, doubtful) in sure.iter().zip(&doubtful) {
                prop_assert_eq!(sure.score * share, doubtful.score);
            }
        }
    }
}
