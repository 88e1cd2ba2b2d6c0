//! What items are: similarity by attributes, each weighted by how rare it is.
//!
//! In: a list of texts an item, such as `brand:x`, `category:serum`, `finish:matte`. Out: cosine of the
//! idf-weighted attribute vectors, 0–1, of two items or of an item and a [`Profile`].
//! idf = ln((1 + n) / df). Sums run in the order of the attribute texts, never of ids.
//!
//! Source: Salton & Buckley (1988), "Term-weighting approaches in automatic text retrieval".

use std::collections::BTreeMap;

use crate::base::SkuId;

/// The attributes of one item: texts such as `brand:x`; order and repetition do not matter.
#[derive(Debug, Clone, Copy)]
pub struct Attributes<'a> {
    /// The item.
    pub sku: SkuId,
    /// Its attributes.
    pub texts: &'a [String],
}

/// The attributes of a catalogue, ready to compare. A cache: build it anew when the catalogue changes.
///
/// ```
/// use trousse::base::SkuId;
/// use trousse::recommend::{Attributes, Content};
/// let texts = [["brand:a", "matte"], ["brand:b", "matte"], ["brand:b", "satin"]].map(|t| t.map(String::from));
/// let items: Vec<Attributes> = texts.iter().zip(0..).map(|(texts, id)| Attributes { sku: SkuId(id), texts }).collect();
/// let content = Content::new(3, &items);
/// assert_eq!(content.similarity(SkuId(0), SkuId(2)), 0.0);
/// assert!((content.similarity(SkuId(0), SkuId(1)) - 0.316_228).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Content {
    names: Vec<String>,
    idf: Vec<f64>,
    items: Vec<Vec<u32>>,
    norms: Vec<f64>,
}

/// A wish in attribute space: the weighted sum of items and attributes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    weights: Vec<f64>,
    norm: f64,
}

impl Content {
    /// The attributes of `items` among `skus` interned SKUs; items beyond are ignored, of two entries the later counts.
    pub fn new(skus: usize, items: &[Attributes<'_>]) -> Content {
        let mut by_sku: Vec<&[String]> = vec![&[]; skus];
        for item in items.iter().filter(|item| item.sku.index() < skus) {
            by_sku[item.sku.index()] = item.texts;
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for texts in &by_sku {
            distinct(texts).into_iter().for_each(|text| *counts.entry(text).or_default() += 1);
        }
        let described = by_sku.iter().filter(|texts| !texts.is_empty()).count();
        let idf: Vec<f64> = counts.values().map(|df| ((1 + described) as f64 / *df as f64).ln()).collect();
        let names: Vec<String> = counts.into_keys().map(String::from).collect();
        let find = |text: &str| names.binary_search_by(|name| name.as_str().cmp(text)).ok().map(|at| at as u32);
        let items: Vec<Vec<u32>> =
            by_sku.iter().map(|texts| distinct(texts).into_iter().filter_map(find).collect()).collect();
        let norms = items.iter().map(|own: &Vec<u32>| norm(own.iter().map(|a| idf[*a as usize]))).collect();
        Content { names, idf, items, norms }
    }

    /// The attributes of an item, in order of their texts.
    pub fn attributes(&self, sku: SkuId) -> impl Iterator<Item = &str> {
        self.own(sku).iter().map(|a| self.names[*a as usize].as_str())
    }

    /// Cosine of two items, 0–1; 0 where one has no attributes.
    pub fn similarity(&self, one: SkuId, other: SkuId) -> f64 {
        self.match_with(one, &self.profile([(other, 1.0)], &[]))
    }

    /// A profile of weighted items (each of unit length) and wished attributes (together of unit length).
    pub fn profile(&self, liked: impl IntoIterator<Item = (SkuId, f64)>, wishes: &[String]) -> Profile {
        let mut weights = vec![0.0; self.names.len()];
        for (sku, weight) in liked {
            self.own(sku).iter().for_each(|a| weights[*a as usize] += weight * self.unit(sku, *a));
        }
        let wished: Vec<usize> = distinct(wishes).into_iter().filter_map(|text| self.find(text)).collect();
        let length = norm(wished.iter().map(|a| self.idf[*a]));
        wished.iter().for_each(|a| weights[*a] += self.idf[*a] / length);
        let norm = norm(weights.iter().copied());
        Profile { weights, norm }
    }

    /// Cosine of an item and a profile, −1 … 1; 0 where one is empty.
    pub fn match_with(&self, sku: SkuId, profile: &Profile) -> f64 {
        if profile.norm <= 0.0 {
            return 0.0;
        }
        let sum: f64 = self.own(sku).iter().map(|a| self.unit(sku, *a) * profile.weights[*a as usize]).sum();
        sum / profile.norm
    }

    /// The attribute that contributes most to a match, if one contributes; of equals the first by text.
    pub fn strongest(&self, sku: SkuId, profile: &Profile) -> Option<&str> {
        let mut best: Option<(f64, u32)> = None;
        for a in self.own(sku) {
            let part = self.unit(sku, *a) * profile.weights.get(*a as usize).copied().unwrap_or(0.0);
            if part > best.map_or(0.0, |(part, _)| part) {
                best = Some((part, *a));
            }
        }
        best.map(|(_, a)| self.names[a as usize].as_str())
    }

    fn own(&self, sku: SkuId) -> &[u32] {
        self.items.get(sku.index()).map_or(&[], Vec::as_slice)
    }
    fn find(&self, text: &str) -> Option<usize> {
        self.names.binary_search_by(|name| name.as_str().cmp(text)).ok()
    }
    fn unit(&self, sku: SkuId, attribute: u32) -> f64 {
        self.idf[attribute as usize] / self.norms[sku.index()]
    }
}

fn distinct(texts: &[String]) -> Vec<&str> {
    let mut sorted: Vec<&str> = texts.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
}

fn norm(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|x| x * x).sum::<f64>().sqrt()
}

/// Says why a person who avoids `avoid` must not be shown an item with these ingredients, or nothing.
///
/// Whole words are compared, without regard to case and punctuation. Unknown ingredients are not known to
/// be safe: with something to avoid they are a violation.
///
/// ```
/// use trousse::recommend::violates;
/// let avoid = vec!["limonene".to_string()];
/// let inci = ["Aqua", "d-Limonene"].map(String::from);
/// assert_eq!(violates(&avoid, Some(&inci)).as_deref(), Some("contains d-Limonene"));
/// assert_eq!(violates(&avoid, None).as_deref(), Some("ingredients unknown"));
/// assert_eq!(violates(&avoid, Some(&["Aqua".to_string()])), None);
/// assert_eq!(violates(&[], None), None);
/// ```
pub fn violates(avoid: &[String], ingredients: Option<&[String]>) -> Option<String> {
    let avoid: Vec<String> = avoid.iter().map(|text| words(text)).filter(|text| text != " ").collect();
    if avoid.is_empty() {
        return None;
    }
    let known = ingredients.unwrap_or(&[]);
    if known.iter().all(|ingredient| words(ingredient) == " ") {
        return Some("ingredients unknown".into());
    }
    let hit = |ingredient: &&String| {
        let padded = words(ingredient);
        avoid.iter().any(|avoided| padded.contains(avoided.as_str()))
    };
    known.iter().find(hit).map(|ingredient| format!("contains {}", ingredient.trim()))
}

/// Lower-case words with one space around each; a single space for no words.
fn words(text: &str) -> String {
    let mut padded = String::from(" ");
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        padded.push_str(word);
        padded.push(' ');
    }
    padded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| text.to_string()).collect()
    }

    #[test]
    fn avoided_ingredients_match_on_word_boundaries() {
        for (avoid, inci, expect) in [
            (vec!["LINALOOL"], vec!["Aqua", " linalool "], Some("contains linalool")),
            (vec!["PEG-100 stearate"], vec!["Peg 100  Stearate"], Some("contains Peg 100  Stearate")),
            (vec!["citral"], vec!["Citralis Oil"], None),
            (vec!["citral"], vec!["Parfum (Citral)"], Some("contains Parfum (Citral)")),
            (vec!["oil"], vec!["Foil", "Oilseed"], None),
            (vec!["citral"], vec![], Some("ingredients unknown")),
            (vec!["citral"], vec!["", " - "], Some("ingredients unknown")),
            (vec!["", "  "], vec![], None),
        ] {
            assert_eq!(violates(&texts(&avoid), Some(&texts(&inci))).as_deref(), expect, "{avoid:?} {inci:?}");
        }
    }

    proptest! {
        #[test]
        fn similarity_is_a_symmetric_cosine(lists in prop::collection::vec(prop::collection::vec("[a-d]", 0..4), 2..6)) {
            let items: Vec<Attributes<'_>> =
                lists.iter().zip(0..).map(|(texts, id)| Attributes { sku: SkuId(id), texts }).collect();
            let content = Content::new(lists.len(), &items);
            for (a, b) in (0..lists.len() as u32).flat_map(|a| (0..a).map(move |b| (SkuId(a), SkuId(b)))) {
                let (one, other) = (content.similarity(a, b), content.similarity(b, a));
                prop_assert!((one - other).abs() < 1e-12 && (0.0..=1.0 + 1e-12).contains(&one));
                let alike = distinct(&lists[a.index()]) == distinct(&lists[b.index()]);
                prop_assert!(!alike || lists[a.index()].is_empty() || (one - 1.0).abs() < 1e-12);
            }
        }

        #[test]
        fn nothing_avoided_passes(list in prop::collection::vec("[a-c]{1,3}( [a-c]{1,3})?", 1..5), at in 0usize..5) {
            let avoid = vec![list[at % list.len()].to_uppercase()];
            prop_assert!(violates(&avoid, Some(&list)).is_some());
        }
    }
}
