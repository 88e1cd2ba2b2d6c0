//! Customer segments: RFM scores with named segments, and k-means clusters.
//!
//! [`rfm()`] needs purchases only and explains itself; [`kmeans()`] groups rows of any numeric features.
//! Both are deterministic functions of their arguments.

pub mod kmeans;
pub mod rfm;

pub use kmeans::{KMeansParams, kmeans};
pub use rfm::{Rfm, RfmParams, Segment, rfm, rfm_scores};
