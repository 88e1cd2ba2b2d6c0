//! A forecaster in Node: what takes long answers with a Promise; one call at a time works on it.

use std::sync::{Arc, Mutex, PoisonError};

use napi::Result;
use napi::bindgen_prelude::{Env, Object, Uint8Array};
use napi_derive::napi;
use trousse::{forecast, ops};

use crate::convert::{Crossing, Frame, tables};
use crate::{Task, guard, refusal, work};

/// Fitted series and where each stands.
#[napi]
pub struct Forecaster {
    own: Arc<Mutex<forecast::Forecaster>>,
}

fn held(own: forecast::Forecaster) -> Forecaster {
    Forecaster { own: Arc::new(Mutex::new(own)) }
}

fn taken(frames: Vec<Frame>) -> Vec<(String, Crossing)> {
    frames.into_iter().map(|frame| (frame.name, Crossing::take(frame.columns))).collect()
}

/// Fits each series of the frame `df`, off the event loop.
#[napi(ts_return_type = "Promise<Forecaster>")]
pub fn fit_forecaster<'env>(
    env: &'env Env,
    frames: Vec<Frame>,
    arguments: String,
    task: &Task,
) -> Result<Object<'env>> {
    let (frames, task) = (taken(frames), task.task.clone());
    work(env, move || {
        let own = ops::fit_forecaster(&tables(frames)?, &arguments, &task)?;
        Ok(move || held(own))
    })
}

/// Reads what `save` wrote.
#[napi]
pub fn load_forecaster(state: Uint8Array) -> Result<Forecaster> {
    guard(|| forecast::Forecaster::from_bytes(&state)).map(held).map_err(refusal)
}

#[napi]
impl Forecaster {
    /// The state as bytes.
    #[napi]
    pub fn save(&self) -> Result<Uint8Array> {
        let bytes = guard(|| self.own.lock().unwrap_or_else(PoisonError::into_inner).to_bytes());
        bytes.map(Uint8Array::from).map_err(refusal)
    }

    /// Runs `predict`, `drifted`, `update` or `refit`, off the event loop.
    #[napi(ts_return_type = "Promise<Array<Column>>")]
    pub fn call<'env>(
        &self,
        env: &'env Env,
        name: String,
        frames: Vec<Frame>,
        arguments: String,
        task: &Task,
    ) -> Result<Object<'env>> {
        let (frames, task, own) = (taken(frames), task.task.clone(), self.own.clone());
        work(env, move || {
            let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
            let table = ops::call_forecaster(&mut own, &name, &tables(frames)?, &arguments, &task)?;
            let crossing = Crossing::of(table)?;
            Ok(move || crossing.give())
        })
    }

    /// How many series there are.
    #[napi(getter)]
    pub fn size(&self) -> f64 {
        self.own.lock().unwrap_or_else(PoisonError::into_inner).len() as f64
    }
}
