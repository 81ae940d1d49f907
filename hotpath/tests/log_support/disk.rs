//! A disk in memory that fails as real ones do: what was not synced may be lost, reordered and torn at power loss,
//! and any call may fail.

use hotpath::log::{Disk, DiskFile};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::rc::Rc;

const SECTOR_BYTES: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    InputOutput,
    NoSpace,
    ShortWrite,
}

pub const FAULTS: [Fault; 3] = [Fault::InputOutput, Fault::NoSpace, Fault::ShortWrite];

#[derive(Debug, Clone)]
enum Pending {
    Write(usize, Vec<u8>),
    Length(usize),
}

#[derive(Debug, Default)]
pub struct FileState {
    pub content: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<Pending>,
}

type FileRef = Rc<RefCell<FileState>>;

#[derive(Debug)]
struct State {
    files: BTreeMap<String, FileRef>,
    durable_names: BTreeMap<String, FileRef>,
    aside: BTreeMap<String, Vec<u8>>,
    random: StdRng,
    calls: u64,
    fail: Option<(u64, u64, Fault)>,
    failures: u64,
    are_failures_paused: bool,
    capacity_bytes: u64,
}

#[derive(Debug, Clone)]
pub struct SimulatedDisk(Rc<RefCell<State>>);

#[derive(Debug)]
pub struct SimulatedFile(FileRef, Rc<RefCell<State>>);

fn apply(bytes: &mut Vec<u8>, change: &Pending) {
    match change {
        Pending::Length(length) => bytes.resize(*length, 0),
        Pending::Write(offset, data) => {
            bytes.resize(bytes.len().max(offset + data.len()), 0);
            bytes[*offset..offset + data.len()].copy_from_slice(data);
        }
    }
}

impl SimulatedDisk {
    pub fn new(seed: u64) -> Self {
        Self(Rc::new(RefCell::new(State {
            files: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            aside: BTreeMap::new(),
            random: StdRng::seed_from_u64(seed),
            calls: 0,
            fail: None,
            failures: 0,
            are_failures_paused: false,
            capacity_bytes: u64::MAX,
        })))
    }

    /// Calls number `first..first + count` fail.
    pub fn fail_at(&self, first: u64, count: u64, fault: Fault) {
        self.0.borrow_mut().fail = Some((first, count, fault));
    }

    pub fn heal(&self) {
        self.0.borrow_mut().fail = None;
    }

    pub fn calls(&self) -> u64 {
        self.0.borrow().calls
    }

    /// Calls that have failed.
    pub fn failures(&self) -> u64 {
        self.0.borrow().failures
    }

    /// While paused, calls neither fail nor count.
    pub fn pause_failures(&self, are_paused: bool) {
        self.0.borrow_mut().are_failures_paused = are_paused;
    }

    pub fn set_capacity(&self, bytes: u64) {
        self.0.borrow_mut().capacity_bytes = bytes;
    }

    pub fn used_bytes(&self) -> u64 {
        self.0.borrow().files.values().map(|file| file.borrow().content.len() as u64).sum()
    }

    pub fn names(&self) -> Vec<String> {
        self.0.borrow().files.keys().cloned().collect()
    }

    pub fn aside(&self) -> BTreeMap<String, Vec<u8>> {
        self.0.borrow().aside.clone()
    }

    pub fn file(&self, name: &str) -> Vec<u8> {
        self.0.borrow().files[name].borrow().content.clone()
    }

    pub fn put_file(&self, name: &str, bytes: Vec<u8>) {
        let state = FileState { content: bytes.clone(), durable: bytes, pending: Vec::new() };
        let file = Rc::new(RefCell::new(state));
        let mut disk = self.0.borrow_mut();
        disk.files.insert(name.to_owned(), Rc::clone(&file));
        disk.durable_names.insert(name.to_owned(), file);
    }

    /// The power goes and comes back.
    pub fn power_loss(&self) {
        let mut guard = self.0.borrow_mut();
        let state = &mut *guard;
        let mut survivors = BTreeMap::new();
        let mut all = state.durable_names.clone();
        all.extend(state.files.clone());
        for (name, file) in all {
            let is_certain = state.files.contains_key(&name) && state.durable_names.contains_key(&name);
            if is_certain || state.random.random_bool(0.5) {
                lose_unsynced(&mut file.borrow_mut(), &mut state.random);
                survivors.insert(name, file);
            }
        }
        state.files = survivors.clone();
        state.durable_names = survivors;
        state.fail = None;
    }

    fn call(state: &Rc<RefCell<State>>) -> io::Result<Option<Fault>> {
        let mut state = state.borrow_mut();
        if state.are_failures_paused {
            return Ok(None);
        }
        state.calls += 1;
        let Some((first, count, fault)) = state.fail else { return Ok(None) };
        if !(first..first + count).contains(&state.calls) {
            return Ok(None);
        }
        state.failures += 1;
        match fault {
            Fault::InputOutput => Err(io::Error::from_raw_os_error(5)),
            Fault::NoSpace => Err(io::Error::from_raw_os_error(28)),
            Fault::ShortWrite => Ok(Some(fault)),
        }
    }
}

fn lose_unsynced(file: &mut FileState, random: &mut StdRng) {
    let mut pending = std::mem::take(&mut file.pending);
    pending.shuffle(random);
    let mut bytes = std::mem::take(&mut file.durable);
    for change in pending {
        match change {
            Pending::Length(_) if random.random_bool(0.5) => apply(&mut bytes, &change),
            Pending::Length(_) => {}
            Pending::Write(offset, data) => {
                let kept = *[0.0, 0.5, 1.0].get(random.random_range(0..3)).unwrap();
                for (number, sector) in data.chunks(SECTOR_BYTES).enumerate() {
                    if random.random_bool(kept) {
                        apply(&mut bytes, &Pending::Write(offset + number * SECTOR_BYTES, sector.to_vec()));
                    }
                }
            }
        }
    }
    file.content = bytes.clone();
    file.durable = bytes;
}

impl Disk for SimulatedDisk {
    type File = SimulatedFile;

    async fn create(&self, name: &str) -> io::Result<SimulatedFile> {
        Self::call(&self.0)?;
        assert!(!name.contains('/'));
        let mut state = self.0.borrow_mut();
        if state.files.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let file = FileRef::default();
        state.files.insert(name.to_owned(), Rc::clone(&file));
        Ok(SimulatedFile(file, Rc::clone(&self.0)))
    }

    async fn open(&self, name: &str) -> io::Result<SimulatedFile> {
        Self::call(&self.0)?;
        let file = self.0.borrow().files.get(name).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(SimulatedFile(file, Rc::clone(&self.0)))
    }

    async fn list(&self) -> io::Result<Vec<String>> {
        Self::call(&self.0)?;
        Ok(self.names())
    }

    async fn remove(&self, name: &str) -> io::Result<()> {
        Self::call(&self.0)?;
        let removed = self.0.borrow_mut().files.remove(name);
        removed.map(|_| ()).ok_or(io::ErrorKind::NotFound.into())
    }

    async fn sync_directory(&self) -> io::Result<()> {
        Self::call(&self.0)?;
        let mut state = self.0.borrow_mut();
        state.durable_names = state.files.clone();
        Ok(())
    }

    async fn list_set_aside(&self) -> io::Result<Vec<(String, u64)>> {
        Self::call(&self.0)?;
        let state = self.0.borrow();
        Ok(state.aside.iter().map(|(name, bytes)| (name.clone(), bytes.len() as u64)).collect())
    }

    async fn set_aside(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        Self::call(&self.0)?;
        self.0.borrow_mut().aside.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }
}

impl DiskFile for SimulatedFile {
    type Buffer = Vec<u8>;
    type Read = Vec<u8>;

    fn buffer(&self, bytes: usize) -> Vec<u8> {
        // Not zeroed: what the log does not write itself must not matter.
        vec![0xa5; bytes]
    }

    async fn write_at(&self, buffer: Vec<u8>, offset: u64) -> io::Result<usize> {
        let fault = SimulatedDisk::call(&self.1)?;
        assert!(offset.is_multiple_of(4096) && buffer.len().is_multiple_of(4096));
        let length = if fault == Some(Fault::ShortWrite) { buffer.len() / 2 } else { buffer.len() };
        let change = Pending::Write(offset as usize, buffer[..length].to_vec());
        let mut file = self.0.borrow_mut();
        apply(&mut file.content, &change);
        file.pending.push(change);
        Ok(length)
    }

    async fn read_at(&self, offset: u64, bytes: usize) -> io::Result<Vec<u8>> {
        SimulatedDisk::call(&self.1)?;
        let file = self.0.borrow();
        let end = (offset as usize + bytes).min(file.content.len());
        Ok(file.content.get(offset as usize..end).unwrap_or_default().to_vec())
    }

    async fn sync(&self) -> io::Result<()> {
        let called = SimulatedDisk::call(&self.1);
        let mut file = self.0.borrow_mut();
        if let Err(error) = called {
            // The kernel marks the pages clean and forgets them: any part may have reached the disk.
            let seen = file.content.clone();
            let mut state = self.1.borrow_mut();
            lose_unsynced(&mut file, &mut state.random);
            file.content = seen;
            return Err(error);
        }
        let pending = std::mem::take(&mut file.pending);
        pending.iter().for_each(|change| apply(&mut file.durable, change));
        Ok(())
    }

    async fn preallocate(&self, bytes: u64) -> io::Result<()> {
        SimulatedDisk::call(&self.1)?;
        let used: u64 = {
            let state = self.1.borrow();
            let lengths = state.files.values().map(|file| file.borrow().content.len() as u64);
            lengths.sum()
        };
        if used + bytes > self.1.borrow().capacity_bytes {
            return Err(io::Error::from_raw_os_error(28));
        }
        let change = Pending::Length(bytes as usize);
        let mut file = self.0.borrow_mut();
        apply(&mut file.content, &change);
        file.pending.push(change);
        Ok(())
    }

    async fn truncate(&self, bytes: u64) -> io::Result<()> {
        SimulatedDisk::call(&self.1)?;
        let change = Pending::Length(bytes as usize);
        let mut file = self.0.borrow_mut();
        apply(&mut file.content, &change);
        file.pending.push(change);
        Ok(())
    }

    async fn length(&self) -> io::Result<u64> {
        SimulatedDisk::call(&self.1)?;
        Ok(self.0.borrow().content.len() as u64)
    }

    async fn close(self) -> io::Result<()> {
        SimulatedDisk::call(&self.1).map(|_| ())
    }
}
