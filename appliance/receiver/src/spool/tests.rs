use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use hotpath::names::DatasetKey;

use super::*;

fn key(batch: &str) -> BatchKey {
    BatchKey { dataset: DatasetKey::new("acme", "fw").unwrap(), received_ns: 17, batch: batch.to_owned() }
}

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn open(folder: &tempfile::TempDir) -> Opened {
    Spool::open(folder.path(), 1 << 20).unwrap()
}

fn arrive(spool: &Arc<Spool>, batch: &str) -> ArrivingBatch {
    match spool.arrive(&key(batch)).unwrap() {
        Arrival::New(arriving) => arriving,
        other => panic!("{other:?}"),
    }
}

fn keep(mut arriving: ArrivingBatch, text: &str) {
    arriving.grow(text.len()).unwrap();
    let mut file = File::create(arriving.path()).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    arriving.keep(&file, 1).unwrap();
}

fn files(folder: &tempfile::TempDir, part: Part) -> Vec<String> {
    let entries = fs::read_dir(part.of(folder.path())).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_batch_is_here_once_it_is_kept_and_gone_once_it_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    let Opened { spool, waiting, .. } = open(&folder);
    keep(arrive(&spool, "a-0-1-2"), "rows");
    assert!(matches!(spool.arrive(&key("a-0-1-2")).unwrap(), Arrival::Waiting));
    assert_eq!(files(&folder, Part::Waiting), ["acme--fw--17--a-0-1-2--1"]);
    assert_eq!((spool.waiting_files(), spool.space().used_bytes()), (1, 4));
    let file = waiting.try_recv().unwrap();
    assert_eq!((&file.key, file.rows, file.bytes), (&key("a-0-1-2"), 1, 4));
    spool.forget(file);
    assert_eq!((spool.waiting_files(), spool.space().used_bytes()), (0, 0));
    assert!(files(&folder, Part::Waiting).is_empty());
    drop(arrive(&spool, "a-0-1-2"));
}

#[test]
fn one_request_brings_a_batch_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let Opened { spool, .. } = open(&folder);
    let first = arrive(&spool, "a-0-1-2");
    File::create(first.path()).unwrap();
    assert!(matches!(spool.arrive(&key("a-0-1-2")).unwrap(), Arrival::Arriving));
    arrive(&spool, "a-0-3-4");
    drop(first);
    assert!(files(&folder, Part::Arriving).is_empty());
    arrive(&spool, "a-0-1-2");
}

#[test]
fn what_does_not_fit_is_refused_and_room_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let Opened { spool, .. } = open(&folder);
    let mut batch = arrive(&spool, "a-0-1-2");
    batch.grow(1 << 20).unwrap();
    assert!(matches!(arrive(&spool, "a-0-3-4").grow(1), Err(SpoolError::Full)));
    assert!(spool.space().is_full());
    drop(batch);
    arrive(&spool, "a-0-3-4").grow(1 << 20).unwrap();
}

#[test]
fn the_next_start_finds_what_was_kept_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(&folder);
    keep(arrive(&opened.spool, "a-0-1-2"), "rows");
    fs::write(Part::Arriving.of(folder.path()).join("7"), "half a batch").unwrap();
    fs::write(Part::Waiting.of(folder.path()).join("notes"), "of somebody").unwrap();
    drop(opened);
    let Opened { spool, waiting, found } = open(&folder);
    assert_eq!(found, [(key("x").dataset, 1)]);
    let file = waiting.try_recv().unwrap();
    assert_eq!(file.key, key("a-0-1-2"));
    assert_eq!(spool.space().used_bytes(), 4);
    assert!(files(&folder, Part::Arriving).is_empty());
    assert_eq!(files(&folder, Part::Waiting), ["acme--fw--17--a-0-1-2--1", "notes"]);
}

#[test]
fn two_processes_cannot_have_one_spool() {
    let folder = tempfile::tempdir().unwrap();
    let _opened = open(&folder);
    let refused = Spool::open(folder.path(), 1).err().unwrap();
    assert!(refused.to_string().contains("another process"), "{refused}");
}

#[test]
fn an_open_batch_is_the_requests_one_behind_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let Opened { spool, waiting, .. } = open(&folder);
    let mut batch = OpenBatch::create(&spool, key("edge-r-1-0")).unwrap();
    for text in ["{\"a\":1}\n", "{\"a\":2}\n{\"a\":3}\n"] {
        batch.append(&packed(text), text.lines().count() as u64, text.len() as u64).unwrap();
        batch.sync().unwrap();
    }
    assert_eq!(batch.text_bytes(), 24);
    batch.close().unwrap();
    let file = waiting.try_recv().unwrap();
    assert_eq!(file.rows, 3);
    let mut text = String::new();
    let read = File::open(&file.path).unwrap();
    io::Read::read_to_string(&mut flate2::read::MultiGzDecoder::new(read), &mut text).unwrap();
    assert_eq!(text, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
    assert!(files(&folder, Part::Gathering).is_empty());
}

#[test]
fn an_open_batch_without_rows_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let Opened { spool, waiting, .. } = open(&folder);
    OpenBatch::create(&spool, key("edge-r-1-0")).unwrap().close().unwrap();
    assert!(waiting.try_recv().is_err());
    assert!(files(&folder, Part::Gathering).is_empty());
}

/// Whatever the last write came to, what was durable before it is kept.
#[test]
fn an_open_batch_is_closed_behind_its_last_whole_request() {
    let pieces = [packed("{\"a\":1}\n"), packed("{\"a\":2}\n{\"a\":3}\n")];
    let whole = pieces.concat();
    for cut in 0..=whole.len() {
        let folder = tempfile::tempdir().unwrap();
        drop(open(&folder));
        let path = Part::Gathering.of(folder.path()).join("acme--fw--17--edge-r-1-0");
        fs::write(&path, &whole[..cut]).unwrap();
        let Opened { waiting, found, .. } = open(&folder);
        let rows = if cut == whole.len() { 3 } else { u64::from(cut >= pieces[0].len()) };
        assert_eq!(found.iter().map(|(_, rows)| rows).sum::<u64>(), rows, "{cut}");
        assert_eq!(waiting.try_recv().map_or(0, |file| file.rows), rows, "{cut}");
        assert!(files(&folder, Part::Gathering).is_empty());
    }
}

#[test]
fn zeros_behind_an_open_batch_are_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(&folder));
    let piece = packed("{\"a\":1}\n");
    let path = Part::Gathering.of(folder.path()).join("acme--fw--17--edge-r-1-0");
    fs::write(&path, [piece.clone(), vec![0; 5000]].concat()).unwrap();
    let file = open(&folder).waiting.try_recv().unwrap();
    assert_eq!((file.rows, file.bytes), (1, piece.len() as u64));
    assert_eq!(fs::read(&file.path).unwrap(), piece);
}
