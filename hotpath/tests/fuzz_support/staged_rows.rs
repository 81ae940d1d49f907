//! Rows of the staged route: what is read of any lines can be written, and is read again as the same.

use std::sync::Arc;

use arrow::buffer::Buffer;
use hotpath::batch::ColumnRegistry;
use hotpath::rows::{LinePieces, RowReader, RowWriter};

/// Lines from anybody.
pub fn check(input: &[u8]) {
    let mut pieces = LinePieces::new(input);
    let mut reader = RowReader::new(Arc::new(ColumnRegistry::default()));
    let mut lines_read = 0;
    while let Ok(Some(piece)) = pieces.next_piece() {
        lines_read += piece.len();
        let piece = Buffer::from_vec(piece);
        let batch = reader.read(&piece);
        let lines = piece.split(|byte| *byte == b'\n').count();
        assert!(batch.num_rows() + reader.refused().len() <= lines, "a line is one row at most");
        for row in reader.refused() {
            assert!(piece.get(row.line.clone()).is_some(), "a refused line lies in its piece");
        }
        let mut written = Vec::new();
        RowWriter::new().write(&batch, &mut written).unwrap();
        let mut again = RowReader::new(Arc::new(ColumnRegistry::default()));
        let second = again.read(&Buffer::from_vec(written.clone()));
        assert!(again.refused().is_empty(), "what was written is rows");
        assert_eq!(second.num_rows(), batch.num_rows());
        let mut rewritten = Vec::new();
        RowWriter::new().write(&second, &mut rewritten).unwrap();
        let mut third = RowReader::new(Arc::new(ColumnRegistry::default()));
        assert_eq!(third.read(&Buffer::from_vec(rewritten)).num_rows(), batch.num_rows());
    }
    assert!(lines_read <= input.len());
}
