//! Orders: idempotent id, availability, first-expired-first-out hold, then the commit of that hold, durable.
//!
//! 1,000 SKUs at one location, three lots each; orders choose a SKU by Zipf(1.0) and one to three units. An order is
//! done when its reservation and its commit are both durable and acknowledged. The checksum adds up the units shipped
//! by SKU and lot: it does not depend on who came first.

use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Barrier};

use trousse::{
    Accepted, Command, Commit, Day, Engine, Fact, Line, Options, Outcome, Quantity, Receive, Reserve, Shared, Timestamp,
};
use trousse_benches::{Random, Zipf, size, small};

use crate::race::{Lap, Race, goal, seconds};
use crate::sqlite_orders;

/// SKUs in the shop.
pub const SKUS: usize = 1_000;
/// Requests that a backend under load has in flight.
pub const SUBMITTERS: usize = 64;
/// Orders that share a transaction where SQLite is given all the time it wants.
pub const GROUP: usize = 100;
/// Last good day of each lot.
pub const EXPIRES: [Day; 3] = [Day(21_000), Day(21_100), Day(21_200)];
/// The instant of all inputs.
pub const NOW: Timestamp = Timestamp(1_795_424_400_000);
/// Stacks of the submitters' threads.
const STACK_BYTES: usize = 256 << 10;

/// An order of one line.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    /// Id of the reservation, as of a UUIDv7: it begins with the time.
    pub reserve: u128,
    /// Id of the commit.
    pub commit: u128,
    /// The SKU.
    pub sku: usize,
    /// Units.
    pub quantity: i64,
}

/// Orders and the stock that they need.
pub struct Workload {
    /// By submitter, each of which sends its own one after the other.
    pub orders: Vec<Vec<Order>>,
    /// Units by SKU and lot.
    pub stock: Vec<[i64; 3]>,
}

impl Workload {
    fn new(each: usize) -> Workload {
        let (mut random, zipf) = (Random(7), Zipf::new(SKUS, 1.0));
        let mut orders = vec![Vec::new(); SUBMITTERS];
        let mut demand = vec![0; SKUS];
        for at in 0..each * SUBMITTERS {
            let mut id = |ms: u64| (u128::from(NOW.0 as u64 + ms) << 80) | u128::from(random.bits());
            let (reserve, commit) = (id(at as u64 / 10), id(at as u64 / 10 + 5));
            let order = Order { reserve, commit, sku: zipf.draw(&mut random), quantity: 1 + random.below(3) as i64 };
            demand[order.sku] += order.quantity;
            orders[at % SUBMITTERS].push(order);
        }
        // The first two lots run out on the way; the third would do for all.
        let stock = demand.into_iter().map(|units| [1 + units * 2 / 5, 1 + units * 2 / 5, 1 + units]).collect();
        Workload { orders, stock }
    }

    fn len(&self) -> usize {
        self.orders.iter().map(Vec::len).sum()
    }
}

/// What `units` shipped of a lot add to the checksum.
pub fn shipped(sku: usize, lot: usize, units: i64) -> u64 {
    Random((sku * 3 + lot) as u64).bits().wrapping_mul(units as u64)
}

fn sku_key(sku: usize) -> String {
    format!("SKU-{sku:04}")
}

fn reserve(order: &Order) -> Command {
    let lines = vec![Line::new(&sku_key(order.sku), order.quantity)];
    let id = format!("{:032x}", order.reserve);
    Reserve { id, lines, location: "paris".into(), ..Reserve::default() }.into()
}

fn commit(order: &Order) -> Command {
    Commit { id: format!("{:032x}", order.commit), hold: format!("{:032x}", order.reserve), ..Commit::default() }.into()
}

/// What a commit shipped, as it adds to the checksum; 0 for a reservation.
fn shipped_by(outcome: Outcome) -> u64 {
    let lots = match outcome.accepted().expect("there is stock for all") {
        Accepted::Shipped(shipped) => shipped.lots,
        _ => return 0,
    };
    let number = |text: &str| text.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().expect("a number");
    lots.iter()
        .map(|taken| shipped(number(&taken.sku), number(&taken.lot), taken.quantity.0))
        .fold(0, u64::wrapping_add)
}

fn shop(folder: &Path, workload: &Workload) -> Shared {
    let options = Options { open_catalog: true, ..Options::default() };
    let mut engine = Engine::open(folder, options).expect("a journal");
    let receipt = |sku: usize, lot: usize| Receive {
        id: format!("receipt-{sku}-{lot}"),
        sku: sku_key(sku),
        quantity: Quantity(workload.stock[sku][lot]),
        location: "paris".into(),
        lot: format!("L{lot}"),
        expires_on: Some(EXPIRES[lot]),
        ..Receive::default()
    };
    let facts: Vec<Fact> = (0..SKUS * 3).map(|i| receipt(i / 3, i % 3).into()).collect();
    engine.record_many(&facts, NOW).expect("well formed");
    Shared::new(engine).expect("a thread")
}

/// A thread a submitter, which waits for each answer.
fn threads(folder: &Path, workload: &Workload) -> Lap {
    let shop = shop(folder, workload);
    let lap = run_threads(&workload.orders, |orders| {
        let step = |command: Command| shop.call(move |engine| engine.submit(command, NOW)).expect("durable");
        let order = |order: &Order| shipped_by(step(reserve(order))).wrapping_add(shipped_by(step(commit(order))));
        orders.iter().map(order).fold(0, u64::wrapping_add)
    });
    shop.close();
    lap
}

/// A thread a submitter, which sends reservation and commit together, as the transactions of SQLite have them.
fn threads_whole(folder: &Path, workload: &Workload) -> Lap {
    let shop = shop(folder, workload);
    let lap = run_threads(&workload.orders, |orders| {
        let order = |order: &Order| {
            let (reserve, commit) = (reserve(order), commit(order));
            let whole = move |engine: &mut Engine| {
                engine.submit(reserve, NOW)?.accepted()?;
                engine.submit(commit, NOW)
            };
            shipped_by(shop.call(whole).expect("durable"))
        };
        orders.iter().map(order).fold(0, u64::wrapping_add)
    });
    shop.close();
    lap
}

/// Runs `submit` on a thread for each list and adds up what it answers.
pub fn run_threads(lists: &[Vec<Order>], submit: impl Fn(&[Order]) -> u64 + Sync) -> Lap {
    let start = Barrier::new(lists.len() + 1);
    std::thread::scope(|scope| {
        let run = |list| {
            let (start, submit) = (&start, &submit);
            let work = move || {
                start.wait();
                submit(list)
            };
            std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).expect("a thread")
        };
        let running: Vec<_> = lists.iter().map(|list| run(list.as_slice())).collect();
        start.wait();
        let mut checksum = 0u64;
        let seconds = seconds(|| {
            for thread in running {
                checksum = checksum.wrapping_add(thread.join().expect("no panic"));
            }
        });
        Lap { seconds, checksum }
    })
}

/// One request in flight: it sends its next step when the answer to the last one came.
struct Flight {
    shop: Shared,
    workload: Arc<Workload>,
    list: usize,
    step: usize,
    checksum: u64,
    next: Next,
}

/// Who sends the next step.
#[derive(Clone)]
enum Next {
    /// The callback itself, on the writer's thread.
    Callback(Sender<u64>),
    /// Another thread, which the callback tells.
    Driver(Sender<Box<Flight>>),
}

impl Flight {
    fn command(&self) -> Option<Command> {
        let order = self.workload.orders[self.list].get(self.step / 2)?;
        Some(if self.step % 2 == 0 { reserve(order) } else { commit(order) })
    }

    /// Sends the next step; answers the checksum where there is none.
    fn send(mut self: Box<Self>) -> Option<u64> {
        let Some(command) = self.command() else { return Some(self.checksum) };
        let shop = self.shop.clone();
        let reply = Box::new(move |outcome: trousse::Result<Outcome>| {
            self.checksum = self.checksum.wrapping_add(shipped_by(outcome.expect("durable")));
            self.step += 1;
            match self.next.clone() {
                Next::Driver(driver) => driver.send(self).expect("it waits for all"),
                Next::Callback(done) => {
                    if let Some(checksum) = self.send() {
                        done.send(checksum).expect("somebody waits for all");
                    }
                }
            }
        });
        shop.send(move |engine| engine.submit(command, NOW), reply);
        None
    }
}

fn flights(shop: &Shared, workload: &Arc<Workload>, next: &Next) -> [Box<Flight>; SUBMITTERS] {
    let flight = |list| Flight {
        shop: shop.clone(),
        workload: workload.clone(),
        list,
        step: 0,
        checksum: 0,
        next: next.clone(),
    };
    std::array::from_fn(|list| Box::new(flight(list)))
}

/// 64 requests in flight whose callbacks send the next step.
fn callbacks(folder: &Path, workload: &Arc<Workload>) -> Lap {
    let shop = shop(folder, workload);
    let (done, answers) = channel();
    let flights = flights(&shop, workload, &Next::Callback(done));
    let mut checksum = 0u64;
    let seconds = seconds(|| {
        let sent: u64 = flights.into_iter().filter_map(Flight::send).fold(0, u64::wrapping_add);
        checksum = answers.iter().fold(sent, u64::wrapping_add);
    });
    shop.close();
    Lap { seconds, checksum }
}

/// 64 requests in flight, all driven by one thread, as an asynchronous backend does.
fn driver(folder: &Path, workload: &Arc<Workload>) -> Lap {
    let shop = shop(folder, workload);
    let (next, answered) = channel();
    let flights = flights(&shop, workload, &Next::Driver(next.clone()));
    drop(next);
    let mut checksum = 0u64;
    let seconds = seconds(|| {
        let mut left = flights.len();
        for flight in flights {
            let _ = flight.send(); // each has a first step
        }
        while left > 0 {
            if let Some(sum) = answered.recv().expect("each comes back").send() {
                checksum = checksum.wrapping_add(sum);
                left -= 1;
            }
        }
    });
    shop.close();
    Lap { seconds, checksum }
}

/// Orders side by side.
pub fn orders(folder: &Path) {
    let workload = Arc::new(Workload::new(size(200, 3)));
    let own = [
        "trousse: 64 requests in flight, callbacks send the next step",
        "trousse: 64 requests in flight, one driver thread",
        "trousse: 64 threads that wait",
        "trousse: 64 threads that wait, an order a call",
    ];
    let each = ["SQLite: a transaction an order, 64 threads, a mutex", "SQLite: a transaction an order, one thread"];
    let grouped = "SQLite: 100 orders a transaction, one thread";
    let rounds = if small() { 1 } else { 5 };
    let results = Race::new("C. orders: reserve + commit, durable, 64 submitters", workload.len())
        .enter(own[0], |folder| callbacks(folder, &workload))
        .enter(own[1], |folder| driver(folder, &workload))
        .enter(own[2], |folder| threads(folder, &workload))
        .enter(own[3], |folder| threads_whole(folder, &workload))
        .enter(each[0], |folder| sqlite_orders::threads(folder, &workload))
        .enter(each[1], |folder| sqlite_orders::alone(folder, &workload, 1))
        .enter(grouped, |folder| sqlite_orders::alone(folder, &workload, GROUP))
        .run(folder, rounds);
    let faster = if results.rate(each[0]) > results.rate(each[1]) { each[0] } else { each[1] };
    for own in own {
        println!("  {own}");
        goal(&format!("÷ {faster}"), 10.0, results.ratio(own, faster));
        goal(&format!("÷ {grouped}"), 1.5, results.ratio(own, grouped));
    }
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        Race::new("C. the same without a disk (tmpfs: a flush costs nothing)", workload.len())
            .enter(own[0], |folder| callbacks(folder, &workload))
            .enter(own[1], |folder| driver(folder, &workload))
            .enter(own[2], |folder| threads(folder, &workload))
            .enter(own[3], |folder| threads_whole(folder, &workload))
            .enter(grouped, |folder| sqlite_orders::alone(folder, &workload, GROUP))
            .run(memory, rounds);
    }
}
