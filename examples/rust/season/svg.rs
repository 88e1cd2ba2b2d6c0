//! A small builder of inline SVG: shapes with classes, hover titles, scales with round ticks, labels that keep apart.
//!
//! Colours and fonts come from the page's style sheet by class; nothing here asks for anything from outside.

use std::fmt::Write;

/// Text made safe for element content and quoted attributes.
///
/// ```
/// use trousse_examples::season::svg::escape;
/// assert_eq!(escape("a<b & \"c\""), "a&lt;b &amp; &quot;c&quot;");
/// ```
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && c != '\n' => {}
            c => out.push(c),
        }
    }
    out
}

/// A coordinate with at most one decimal; what is not finite is 0.
pub fn coordinate(x: f64) -> String {
    let rounded = (x * 10.0).round() / 10.0;
    if !rounded.is_finite() || rounded == 0.0 {
        return "0".into();
    }
    if rounded.fract() == 0.0 { format!("{rounded:.0}") } else { format!("{rounded:.1}") }
}

/// Where a text stands relative to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// To the right of the point.
    Start,
    /// Centred on it.
    Middle,
    /// To its left.
    End,
}

/// A picture in the making, in its own units; the page scales it.
#[derive(Debug, Clone)]
pub struct Svg {
    width: f64,
    height: f64,
    label: String,
    body: String,
}

impl Svg {
    /// Begins a picture; `label` is what a screen reader says.
    pub fn new(width: f64, height: f64, label: &str) -> Svg {
        Svg { width, height, label: escape(label), body: String::new() }
    }

    /// A rectangle; negative sizes draw nothing. A non-empty `title` is shown on hover.
    pub fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), class: &str, title: &str) -> &mut Svg {
        if width > 0.0 && height > 0.0 {
            let [x, y, w, h] = [x, y, width, height].map(coordinate);
            let shape = format!("<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"");
            self.close("rect", &shape, title);
        }
        self
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) -> &mut Svg {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(coordinate);
        let _ = write!(self.body, "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>");
        self
    }

    /// A dot.
    pub fn dot(&mut self, (x, y): (f64, f64), radius: f64, class: &str, title: &str) -> &mut Svg {
        let [x, y, r] = [x, y, radius].map(coordinate);
        self.close("circle", &format!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{r}\""), title);
        self
    }

    /// A line through points; it breaks where a point is not finite.
    pub fn curve(&mut self, points: &[(f64, f64)], class: &str) -> &mut Svg {
        let mut path = String::new();
        let mut pen_down = false;
        for &(x, y) in points {
            let drawn = x.is_finite() && y.is_finite();
            if drawn {
                let _ = write!(path, "{}{} {}", if pen_down { 'L' } else { 'M' }, coordinate(x), coordinate(y));
            }
            pen_down = drawn;
        }
        if !path.is_empty() {
            let _ = write!(self.body, "<path class=\"{class}\" d=\"{path}\"/>");
        }
        self
    }

    /// The area between two lines over the same x.
    pub fn band(&mut self, low: &[(f64, f64)], high: &[(f64, f64)], class: &str) -> &mut Svg {
        let outline = high.iter().chain(low.iter().rev()).filter(|(x, y)| x.is_finite() && y.is_finite());
        let points: Vec<String> = outline.map(|&(x, y)| format!("{},{}", coordinate(x), coordinate(y))).collect();
        if !points.is_empty() {
            let _ = write!(self.body, "<polygon class=\"{class}\" points=\"{}\"/>", points.join(" "));
        }
        self
    }

    /// Text on its base line.
    pub fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, class: &str, text: &str) -> &mut Svg {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let [x, y] = [x, y].map(coordinate);
        let _ = write!(self.body, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{anchor}>{}</text>", escape(text));
        self
    }

    /// The finished element.
    pub fn finish(&self) -> String {
        let [w, h] = [self.width, self.height].map(coordinate);
        format!("<svg viewBox=\"0 0 {w} {h}\" role=\"img\" aria-label=\"{}\">{}</svg>", self.label, self.body)
    }

    fn close(&mut self, tag: &str, open: &str, title: &str) {
        let _ = if title.is_empty() {
            write!(self.body, "{open}/>")
        } else {
            write!(self.body, "{open}><title>{}</title></{tag}>", escape(title))
        };
    }
}

/// A straight map from values to coordinates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Values.
    pub domain: (f64, f64),
    /// Coordinates.
    pub range: (f64, f64),
}

impl Scale {
    /// The coordinate of a value; the middle where the domain is empty.
    pub fn at(&self, value: f64) -> f64 {
        let span = self.domain.1 - self.domain.0;
        let share = if span.abs() > f64::EPSILON { (value - self.domain.0) / span } else { 0.5 };
        self.range.0 + share * (self.range.1 - self.range.0)
    }
}

/// Round ticks from 0 to at least `largest`, about `wanted` of them.
///
/// ```
/// use trousse_examples::season::svg::ticks;
/// assert_eq!(ticks(7.3, 4), [0.0, 2.0, 4.0, 6.0, 8.0]);
/// ```
pub fn ticks(largest: f64, wanted: usize) -> Vec<f64> {
    let largest = if largest.is_finite() && largest > 0.0 { largest } else { 1.0 };
    let rough = largest / wanted.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= rough * 0.999).unwrap_or(power);
    (0..=(largest / step).ceil() as usize).map(|i| i as f64 * step).collect()
}

/// Moves label positions apart until `gap` lies between neighbours, within `low` … `high`.
///
/// ```
/// use trousse_examples::season::svg::apart;
/// assert_eq!(apart(&[50.0, 52.0], 10.0, 0.0, 55.0), [45.0, 55.0]);
/// ```
pub fn apart(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]).then(a.cmp(&b)));
    let mut placed: Vec<f64> = wanted.iter().map(|y| y.clamp(low, high.max(low))).collect();
    for pair in 1..order.len() {
        let above = placed[order[pair - 1]];
        placed[order[pair]] = placed[order[pair]].max(above + gap);
    }
    let mut limit = high;
    for &at in order.iter().rev() {
        placed[at] = placed[at].min(limit);
        limit = placed[at] - gap;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_no_number_is_drawn() {
        let mut svg = Svg::new(10.0, f64::NAN, "a \"label\"");
        svg.curve(&[(0.0, 1.0), (1.0, f64::NAN), (2.0, 3.0)], "c").rect((0.0, 0.0), (f64::NAN, 1.0), "r", "");
        svg.band(&[(0.0, f64::INFINITY)], &[], "b").text((1.04, 2.0), Anchor::End, "t", "<x>");
        let text = svg.finish();
        assert!(!text.contains("NaN") && !text.contains("inf") && !text.contains("rect"), "{text}");
        assert!(text.contains("M0 1M2 3") && text.contains("&lt;x&gt;") && text.contains("x=\"1\""), "{text}");
    }

    #[test]
    fn scales_ticks_and_labels() {
        assert_eq!(Scale { domain: (0.0, 10.0), range: (100.0, 0.0) }.at(2.5), 75.0);
        assert_eq!(Scale { domain: (3.0, 3.0), range: (0.0, 8.0) }.at(3.0), 4.0);
        assert_eq!(ticks(0.0, 3), ticks(1.0, 3));
        assert_eq!(ticks(100.0, 4), [0.0, 50.0, 100.0]);
        let labels = apart(&[10.0, 11.0, 12.0, 90.0], 12.0, 5.0, 95.0);
        assert!(labels.windows(2).all(|pair| pair[1] - pair[0] >= 12.0 - 1e-9), "{labels:?}");
        assert!(labels.iter().all(|y| (5.0..=95.0).contains(y)));
    }
}
