use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::{Parsed, ResourceChange, ResourceSource, Resources};

/// A number, which is what these resources hold.
struct Number(u64);

impl Parsed for Number {
    type Options = u32;
    const BYTES_MAX: usize = 8;

    fn parse(bytes: Vec<u8>, radix: &u32) -> Result<Self, String> {
        let text = String::from_utf8(bytes).map_err(|_| "no text".to_owned())?;
        u64::from_str_radix(&text, *radix).map(Self).map_err(|_| format!("`{text}` is no number"))
    }
}

/// Contents in memory; each write is a microsecond later than the last.
#[derive(Debug, Default)]
struct Memory(Mutex<(i64, Files)>);

/// When each was written, and what.
type Files = HashMap<String, (i64, Vec<u8>)>;

impl Memory {
    fn write(&self, name: &str, text: &str) {
        let mut memory = self.0.lock().unwrap();
        memory.0 += 1;
        let time = memory.0;
        memory.1.insert(name.to_owned(), (time, text.as_bytes().to_vec()));
    }
}

impl ResourceSource for Memory {
    fn written_us(&self, name: &str) -> Result<i64, String> {
        self.0.lock().unwrap().1.get(name).map(|content| content.0).ok_or("no such file".to_owned())
    }

    fn read(&self, name: &str, _bytes_max: usize) -> Result<Vec<u8>, String> {
        self.0.lock().unwrap().1.get(name).map(|content| content.1.clone()).ok_or("no such file".to_owned())
    }
}

fn changes(resources: &Resources) -> Vec<(String, Option<String>)> {
    resources.refresh().into_iter().map(|ResourceChange { name, refused }| (name, refused)).collect()
}

#[test]
fn a_changed_resource_is_swapped_and_a_broken_one_leaves_the_old_one() {
    let memory = Arc::new(Memory::default());
    memory.write("a", "1");
    let resources = Resources::new(memory.clone());
    let held = resources.open::<Number>("a", &10).unwrap();
    let first = held.now().unwrap();
    assert_eq!((first.value.0, first.written_us), (1, 1));
    assert_eq!(changes(&resources), []);

    memory.write("a", "2");
    assert_eq!(changes(&resources), [("a".to_owned(), None)]);
    assert_eq!(held.now().unwrap().value.0, 2);
    assert_eq!(first.value.0, 1, "who has taken a version goes on with it");

    memory.write("a", "x");
    assert_eq!(changes(&resources), [("a".to_owned(), Some("`x` is no number".to_owned()))]);
    assert_eq!(changes(&resources), [], "it is told once");
    assert_eq!(held.now().unwrap().value.0, 2);

    memory.write("a", "123456789");
    assert_eq!(
        changes(&resources),
        [("a".to_owned(), Some("it has 9 bytes; at most 8 are taken".to_owned()))]
    );
    memory.0.lock().unwrap().1.clear();
    assert_eq!(changes(&resources), [("a".to_owned(), Some("no such file".to_owned()))]);
    assert_eq!(held.now().unwrap().value.0, 2);

    memory.write("a", "3");
    assert_eq!(changes(&resources), [("a".to_owned(), None)]);
    assert_eq!(held.now().unwrap().value.0, 3);
}

#[test]
fn filters_share_what_they_name_alike_and_what_nobody_holds_is_let_go() {
    let memory = Arc::new(Memory::default());
    memory.write("a", "11");
    let resources = Resources::new(memory.clone());
    let decimal = resources.open::<Number>("a", &10).unwrap();
    let again = resources.open::<Number>("a", &10).unwrap();
    let binary = resources.open::<Number>("a", &2).unwrap();
    assert!(Arc::ptr_eq(&decimal, &again));
    assert_eq!((decimal.now().unwrap().value.0, binary.now().unwrap().value.0), (11, 3));
    drop((decimal, again));
    memory.write("a", "10");
    assert_eq!(changes(&resources), [("a".to_owned(), None)], "only the binary one is still held");
    assert_eq!(binary.now().unwrap().value.0, 2);
}

#[test]
fn a_missing_resource_is_refused_or_awaited() {
    let memory = Arc::new(Memory::default());
    let error = Resources::new(memory.clone()).open::<Number>("a", &10).unwrap_err();
    assert_eq!(error, "`a` cannot be used: no such file");

    let resources = Resources::awaiting(memory.clone());
    let held = resources.open::<Number>("a", &10).unwrap();
    assert!(held.now().is_none());
    assert_eq!(held.missing().unwrap(), "`a` cannot be used: no such file");
    memory.write("a", "1");
    assert_eq!(changes(&resources), [("a".to_owned(), None)]);
    assert_eq!((held.now().unwrap().value.0, held.missing()), (1, None));

    let without = Resources::default().open::<Number>("a", &10).unwrap();
    assert_eq!(
        without.missing().unwrap(),
        "`a` cannot be used: these filters are compiled without resources"
    );
    for name in ["", "a\nb"] {
        assert!(Resources::default().open::<Number>(name, &10).unwrap_err().contains("printable"));
    }
}
