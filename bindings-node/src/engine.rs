//! The engine behind its writer thread: doors answer from there, questions read beside it.

use napi::Result;
use napi::bindgen_prelude::{Either, Env, Object};
use napi_derive::napi;
use trousse::base::json;
use trousse::engine::Shop;
use trousse::{Options, Shared, Timestamp, ops};

use crate::convert::{Crossing, Frame, exact, tables, whole};
use crate::{Deferred, Task, guard, refusal, wait, work};

/// An open engine.
#[napi]
pub struct Engine {
    shop: Shop,
}

/// Opens the engine in a folder.
#[napi(ts_return_type = "Promise<Engine>")]
pub fn open<'env>(env: &'env Env, folder: String, options: String) -> Result<Object<'env>> {
    wait(env, move || {
        let options: Options = json::read(&options)?;
        let shared = Shared::new(trousse::Engine::open(folder, options)?)?;
        Ok(move || Engine { shop: Shop::Writer(shared) })
    })
}

/// Follows the journal in a folder that another process writes.
#[napi(ts_return_type = "Promise<Engine>")]
pub fn follow<'env>(env: &'env Env, folder: String) -> Result<Object<'env>> {
    wait(env, move || {
        let follow = trousse::Engine::follow(folder)?;
        Ok(move || Engine { shop: Shop::Follower(follow) })
    })
}

/// Opens an engine without a disk.
#[napi]
pub fn memory(options: String) -> Result<Engine> {
    let open = || {
        let options: Options = json::read(&options)?;
        let engine = trousse::Engine::try_memory(options)?;
        Ok(Engine { shop: Shop::Writer(Shared::new(engine)?) })
    };
    guard(open).map_err(refusal)
}

#[napi]
impl Engine {
    /// Sends an input through a door; answers once that is durable: at once where there is no disk to wait for. `clock`
    /// is in milliseconds since 1970.
    #[napi(ts_return_type = "string | Promise<string>")]
    pub fn door<'env>(
        &self,
        env: &'env Env,
        name: String,
        arguments: String,
        clock: f64,
    ) -> Result<Either<String, Object<'env>>> {
        let clock = instant(clock).map_err(refusal)?;
        let operation = name.clone();
        let input = move |engine: &mut trousse::Engine| exact(ops::call_door(engine, &name, &arguments, clock)?);
        if !self.shop.waits() {
            return guard(|| self.shop.call(&operation, input)).map(Either::A).map_err(refusal);
        }
        let (deferred, promise) = Deferred::new(env)?;
        let reply = move |answer: trousse::Result<String>| deferred.settle(answer.map(|text| move || text));
        self.shop.send(&operation, input, Box::new(reply));
        Ok(Either::B(promise))
    }

    /// Sends a frame of inputs through a door; answers once all are durable. `clock` is in milliseconds since 1970.
    #[napi(ts_return_type = "Promise<Array<Column>>")]
    pub fn door_frame<'env>(
        &self,
        env: &'env Env,
        name: String,
        frames: Vec<Frame>,
        arguments: String,
        clock: f64,
    ) -> Result<Object<'env>> {
        let clock = instant(clock).map_err(refusal)?;
        let frames: Vec<(String, Crossing)> = frames.into_iter().map(|f| (f.name, Crossing::take(f.columns))).collect();
        let (deferred, promise) = Deferred::new(env)?;
        let operation = name.clone();
        let input = move |engine: &mut trousse::Engine| {
            Crossing::of(ops::call_door_frame(engine, &name, &tables(frames)?, &arguments, clock)?)
        };
        let reply = move |answer: trousse::Result<Crossing>| deferred.settle(answer.map(|own| move || own.give()));
        self.shop.send(&operation, input, Box::new(reply));
        Ok(promise)
    }

    /// Asks a question that takes microseconds.
    #[napi]
    pub fn query(&self, name: String, arguments: String, clock: f64) -> Result<String> {
        let task = trousse::Task::default();
        let ask = || exact(ask(&self.shop, &name, &arguments, clock, &task)?);
        guard(ask).map_err(refusal)
    }

    /// Asks a question that takes long.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn query_long<'env>(
        &self,
        env: &'env Env,
        name: String,
        arguments: String,
        clock: f64,
        task: &Task,
    ) -> Result<Object<'env>> {
        let (shop, task) = (self.shop.clone(), task.task.clone());
        work(env, move || {
            let text = exact(ops::long(&shop, &name, &arguments, instant(clock)?, &task)?)?;
            Ok(move || text)
        })
    }

    /// Asks a question that is answered with a frame.
    #[napi(ts_return_type = "Promise<Array<Column>>")]
    pub fn query_frame<'env>(
        &self,
        env: &'env Env,
        name: String,
        arguments: String,
        clock: f64,
        task: &Task,
    ) -> Result<Object<'env>> {
        let (shop, task) = (self.shop.clone(), task.task.clone());
        work(env, move || {
            let clock = instant(clock)?;
            let table = ops::query_frame(&shop, &name, &arguments, clock, &task)?;
            let crossing = Crossing::of(table)?;
            Ok(move || crossing.give())
        })
    }

    /// Takes in what another process wrote; answers how many events that were.
    #[napi(ts_return_type = "Promise<number>")]
    pub fn poll<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let shop = self.shop.clone();
        wait(env, move || {
            let came = shop.poll()?;
            Ok(move || came as f64)
        })
    }

    /// Answers all that is queued, then releases the folder.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let shop = self.shop.clone();
        wait(env, move || {
            shop.close();
            Ok(|| ())
        })
    }
}

fn ask(shop: &Shop, name: &str, arguments: &str, clock: f64, task: &trousse::Task) -> trousse::Result<String> {
    let clock = instant(clock)?;
    ops::query(shop, name, arguments, clock, task)
}

fn instant(clock: f64) -> trousse::Result<Timestamp> {
    whole("clock", clock).map(Timestamp)
}
