//! Many series in two columns: values and offsets.
//!
//! `NaN` means missing; censoring is its own column (`in_stock`, share of the period 0–1).

use super::error::{Error, Result};

/// Ragged series in one buffer: series `i` is `values[offsets[i]..offsets[i + 1]]`.
///
/// ```
/// let panel = trousse::Panel::new(vec!["a".into(), "b".into()], vec![1.0, 2.0, 3.0], vec![0, 2, 3])?;
/// assert_eq!(panel.series(1), &[3.0]);
/// # Ok::<(), trousse::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Panel {
    ids: Vec<String>,
    values: Vec<f64>,
    offsets: Vec<usize>,
    in_stock: Option<Vec<f64>>,
}

impl Panel {
    /// A panel of named series.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` unless `offsets` rises from 0 to `values.len()` in `ids.len()` steps.
    pub fn new(ids: Vec<String>, values: Vec<f64>, offsets: Vec<usize>) -> Result<Panel> {
        let sound = offsets.len() == ids.len() + 1
            && offsets.first() == Some(&0)
            && offsets.last() == Some(&values.len())
            && offsets.windows(2).all(|pair| pair[0] <= pair[1]);
        if !sound {
            let rule = format!("rising from 0 to {} in {} steps", values.len(), ids.len());
            return Err(Error::argument("offsets", rule, format!("{} offsets", offsets.len())));
        }
        Ok(Panel { ids, values, offsets, in_stock: None })
    }

    /// Adds the share of each period, 0–1, in which the item could be bought.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` where the length differs from the values' or a share is outside 0–1.
    pub fn with_in_stock(mut self, in_stock: Vec<f64>) -> Result<Panel> {
        if in_stock.len() != self.values.len() {
            let rule = format!("{} values long", self.values.len());
            return Err(Error::argument("in_stock", rule, in_stock.len()));
        }
        if let Some(bad) = in_stock.iter().find(|share| !(0.0..=1.0).contains(*share)) {
            return Err(Error::argument("in_stock", "between 0 and 1", bad));
        }
        self.in_stock = Some(in_stock);
        Ok(self)
    }

    /// How many series there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }
    /// Whether there is no series.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
    /// The name of series `i`.
    pub fn id(&self, i: usize) -> &str {
        &self.ids[i]
    }
    /// The values of series `i`, in time order.
    pub fn series(&self, i: usize) -> &[f64] {
        &self.values[self.offsets[i]..self.offsets[i + 1]]
    }
    /// The in-stock shares of series `i`, where the panel has them.
    pub fn in_stock(&self, i: usize) -> Option<&[f64]> {
        self.in_stock.as_ref().map(|shares| &shares[self.offsets[i]..self.offsets[i + 1]])
    }
}
