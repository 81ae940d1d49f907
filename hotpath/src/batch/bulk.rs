//! Many rows of one event that are written column by column: the records of a flow datagram.

use super::{BatchBuilder, ColumnIndex, NO_COLUMN, ShortText, Value};
use crate::block::Event;
use crate::cut::ColumnType;

/// Stands for no time in [`RowRun::end`].
pub const NO_TIME: i64 = i64::MIN;

/// Rows of one event that are being built; [`RowRun::end`] ends them all.
///
/// A column that has a value in one of them keeps it, as with single rows.
#[derive(Debug)]
#[must_use = "rows that are not ended are none"]
pub struct RowRun<'b> {
    builder: &'b mut BatchBuilder,
    start: usize,
    count: usize,
    received_us: i64,
}

impl BatchBuilder {
    /// Starts `count` rows of one event, with the columns that come from its receipt.
    ///
    /// Other than [`BatchBuilder::begin_row`] it says nothing of an event that was cut.
    pub fn begin_rows(&mut self, event: &Event<'_>, count: usize) -> RowRun<'_> {
        self.follow_peer(event.peer);
        let (start, received_us) = (self.rows, event.received_us);
        self.current.received_us = received_us;
        let mut run = RowRun { builder: self, start, count, received_us };
        run.fill_number(run.builder.envelope.ingest_time, received_us);
        if run.builder.options.keep_raw && count > 0 {
            run.keep_raw(event.bytes);
        }
        if let Some((column, text)) = run.builder.mark
            && count > 0
        {
            run.fill_short(column, text);
        }
        run
    }

    /// The column of a field by its name, for values of one type; it is made as [`BatchBuilder::field`] makes it.
    ///
    /// `None` where only `field` knows what to do: no column is left, the product defines one of this name, or the
    /// dataset agreed on another type.
    pub fn field_column(&mut self, name: &str, column_type: &ColumnType) -> Option<ColumnIndex> {
        let index = self.side_column(name, column_type)?;
        let column = self.column(index);
        (!column.defined && column.column_type == *column_type).then_some(index)
    }
}

impl RowRun<'_> {
    fn end_row_number(&self) -> usize {
        self.start + self.count
    }

    /// Keeps the whole event in `raw` of each row, written once.
    fn keep_raw(&mut self, bytes: &[u8]) {
        let raw = self.builder.envelope.raw;
        self.builder.put_raw(bytes);
        let end = self.end_row_number();
        self.builder.column(raw).data.repeat_view(end);
    }

    /// Puts one number into a column of integers or times, in each row.
    pub fn fill_number(&mut self, column: ColumnIndex, number: i64) {
        let (start, end) = (self.start, self.end_row_number());
        if let Some(numbers) = self.builder.column(column).data.numbers_at(start) {
            numbers.resize(end, number);
        }
    }

    /// Puts one constant into a column of strings, in each row.
    pub fn fill_short(&mut self, column: ColumnIndex, text: ShortText) {
        self.fill_view(column, text.view());
    }

    /// Puts the sender's address into a column of strings, in each row.
    pub fn fill_peer_ip(&mut self, column: ColumnIndex) {
        if let Some(view) = self.builder.peer_run.as_ref().map(|run| run.ip_view) {
            self.fill_view(column, view);
        }
    }

    fn fill_view(&mut self, column: ColumnIndex, view: u128) {
        let (start, end) = (self.start, self.end_row_number());
        if let Some(views) = self.builder.column(column).data.views_at(start) {
            views.resize(end, view);
        }
    }

    /// Puts a number for each row into a column of integers or times; what is beyond the rows is left.
    #[inline]
    pub fn numbers(&mut self, column: ColumnIndex, values: impl Iterator<Item = i64>) {
        let (start, count) = (self.start, self.count);
        if let Some(numbers) = self.builder.column(column).data.numbers_at(start) {
            numbers.extend(values.take(count));
        }
    }

    /// As [`RowRun::numbers`], with rows that have none.
    #[inline]
    pub fn optional_numbers(&mut self, column: ColumnIndex, values: impl Iterator<Item = Option<i64>>) {
        for (row, value) in values.take(self.count).enumerate() {
            let row = self.start + row;
            if let Some(value) = value
                && let Some(numbers) = self.builder.column(column).data.numbers_at(row)
            {
                numbers.push(value);
            }
        }
    }

    /// Puts a constant or nothing into a column of strings, for each row.
    #[inline]
    pub fn short_texts(&mut self, column: ColumnIndex, values: impl Iterator<Item = Option<ShortText>>) {
        for (row, value) in values.take(self.count).enumerate() {
            let row = self.start + row;
            if let Some(value) = value
                && let Some(views) = self.builder.column(column).data.views_at(row)
            {
                views.push(value.view());
            }
        }
    }

    /// Puts an IPv4 address for each row into a column of strings.
    #[inline]
    pub fn ipv4(&mut self, column: ColumnIndex, addresses: impl Iterator<Item = u32>) {
        let (start, count) = (self.start, self.count);
        let BatchBuilder { columns, addresses: texts, text, .. } = &mut *self.builder;
        let Some(column) = columns.get_mut(column.0 as usize) else { return };
        let Some(views) = column.data.views_at(start) else { return };
        views.extend(addresses.take(count).map(|address| texts.ipv4(address, text)));
    }

    /// Puts an IPv6 address for each row into a column of strings.
    pub fn ipv6(&mut self, column: ColumnIndex, addresses: impl Iterator<Item = [u8; 16]>) {
        let (start, count) = (self.start, self.count);
        let BatchBuilder { columns, addresses: texts, text, .. } = &mut *self.builder;
        let Some(column) = columns.get_mut(column.0 as usize) else { return };
        let Some(views) = column.data.views_at(start) else { return };
        views.extend(addresses.take(count).map(|address| texts.ipv6(address, text)));
    }

    /// Puts a number into a column of integers or times at one of the rows, counted from 0; rows come in their order.
    #[inline]
    pub fn number(&mut self, row: usize, column: ColumnIndex, number: i64) {
        if row >= self.count {
            return;
        }
        let row = self.start + row;
        if let Some(numbers) = self.builder.column(column).data.numbers_at(row) {
            numbers.push(number);
        }
    }

    /// Puts a value into a column at one of the rows, counted from 0; rows come in their order. What does not fit the
    /// column's type goes to `<name>__<type>`.
    pub fn put(&mut self, row: usize, column: ColumnIndex, value: &Value<'_>) {
        if row >= self.count {
            return;
        }
        self.builder.rows = self.start + row;
        if !self.builder.put(column, value) && !self.builder.has_value(column) {
            self.put_beside(column, value);
        }
        self.builder.rows = self.start;
    }

    #[cold]
    fn put_beside(&mut self, column: ColumnIndex, value: &Value<'_>) {
        if let Some(wanted) = value.column_type() {
            let name = self.builder.name(column).to_owned();
            self.builder.put_or_beside(column, &name, value, &wanted);
        }
    }

    /// Puts the fields of one of the rows, counted from 0, by [`BatchBuilder::field`]; each row at most once, and in
    /// their order.
    pub fn fields(&mut self, row: usize, put: impl FnOnce(&mut BatchBuilder)) {
        if row >= self.count {
            return;
        }
        let builder = &mut *self.builder;
        builder.rows = self.start + row;
        builder.last_field = NO_COLUMN;
        builder.following = builder.first_field;
        put(builder);
        builder.end_extra();
        builder.rows = self.start;
    }

    /// Ends the rows, with the time of each in microseconds since 1970, or [`NO_TIME`].
    pub fn end(mut self, times_us: &[i64]) {
        let received_us = self.received_us;
        let event_time = self.builder.envelope.event_time;
        let times = times_us.iter().copied().chain(std::iter::repeat(NO_TIME)).take(self.count);
        let bounds = (
            received_us.saturating_sub(self.builder.options.event_time_past_max_us),
            received_us.saturating_add(self.builder.options.event_time_future_max_us),
        );
        let is_within = |time_us: i64| time_us >= bounds.0 && time_us <= bounds.1;
        if times_us.len() >= self.count
            && times.clone().all(|time_us| time_us != NO_TIME && is_within(time_us))
        {
            self.numbers(event_time, times);
        } else {
            let settled =
                |time_us| if time_us != NO_TIME && is_within(time_us) { time_us } else { received_us };
            self.numbers(event_time, times.clone().map(settled));
            let aside = times.map(|time_us| (time_us != NO_TIME && !is_within(time_us)).then_some(time_us));
            self.optional_numbers(self.builder.envelope.event_time_raw, aside);
        }
        self.builder.current.extra.clear();
        self.builder.rows = self.end_row_number();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Array, AsArray, RecordBatch};
    use arrow::datatypes::{Int64Type, TimestampMicrosecondType};

    use super::*;
    use crate::batch::{ColumnRegistry, RowOptions};
    use crate::block::{Block, BlockMemory, Peer, SealedBlock, SourceType};

    const NOW_US: i64 = 1_760_000_000_000_000;

    fn block() -> SealedBlock {
        let mut block = Block::new(BlockMemory::unpooled(4096), NOW_US);
        let peer = Peer::new("192.0.2.7:2055".parse().unwrap(), SourceType::Netflow);
        block.push(b"one", &peer, NOW_US, false).unwrap();
        block.seal()
    }

    fn build(options: RowOptions, put: impl FnOnce(&mut BatchBuilder, &Event<'_>)) -> RecordBatch {
        let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), options);
        let block = block();
        rows.begin_block(&block);
        let event = block.events().next().unwrap();
        put(&mut rows, &event);
        rows.finish()
    }

    fn text<'a>(batch: &'a RecordBatch, name: &str, row: usize) -> Option<&'a str> {
        let column = batch.column_by_name(name)?.as_string_view();
        column.is_valid(row).then(|| column.value(row))
    }

    #[test]
    fn rows_of_a_run_stand_between_single_rows() {
        let batch = build(RowOptions::default(), |rows, event| {
            let number = rows.define("n", ColumnType::Int64);
            let address = rows.define("a", ColumnType::String);
            rows.begin_row(event);
            rows.end_row();
            let mut run = rows.begin_rows(event, 3);
            run.numbers(number, [5, 6, 7, 8].into_iter());
            run.number(1, number, 1);
            run.number(3, number, 1);
            run.ipv4(address, [1, 0xC0A8_FEFE, u32::MAX].into_iter());
            run.end(&[NOW_US - 1, NO_TIME, NOW_US + 2]);
            rows.begin_row(event);
            rows.put_i64(number, 9);
            rows.end_row();
        });
        assert_eq!(batch.num_rows(), 5);
        let numbers = batch.column_by_name("n").unwrap().as_primitive::<Int64Type>();
        assert!(numbers.is_null(0));
        assert_eq!(numbers.values()[1..], [5, 6, 7, 9]);
        let addresses: Vec<_> = (0..5).map(|row| text(&batch, "a", row)).collect();
        assert_eq!(
            addresses,
            [None, Some("0.0.0.1"), Some("192.168.254.254"), Some("255.255.255.255"), None]
        );
        let times = batch.column_by_name("event_time").unwrap().as_primitive::<TimestampMicrosecondType>();
        assert_eq!(times.values().as_ref(), &[NOW_US, NOW_US - 1, NOW_US, NOW_US + 2, NOW_US]);
        assert!((0..5).all(|row| text(&batch, "peer_ip", row) == Some("192.0.2.7")));
    }

    #[test]
    fn what_does_not_fit_goes_beside_and_what_has_no_column_to_extra() {
        let batch = build(RowOptions { keep_raw: true, ..RowOptions::default() }, |rows, event| {
            let number = rows.define("n", ColumnType::Int64);
            let mut run = rows.begin_rows(event, 2);
            run.put(0, number, &Value::Text("18446744073709551615"));
            run.put(1, number, &Value::Int64(1));
            run.fields(0, |rows| rows.field("x", &Value::Int64(1)));
            run.fields(1, |rows| {
                rows.field("x", &Value::Int64(2));
                rows.field("x", &Value::Int64(3));
            });
            run.end(&[NOW_US + 90_000_000_000, NOW_US]);
        });
        assert_eq!(text(&batch, "n__string", 0), Some("18446744073709551615"));
        assert_eq!(batch.column_by_name("n").unwrap().as_primitive::<Int64Type>().value(1), 1);
        assert_eq!((text(&batch, "_extra", 0), text(&batch, "_extra", 1)), (None, Some("{\"x\":3}")));
        assert_eq!((text(&batch, "raw", 0), text(&batch, "raw", 1)), (Some("one"), Some("one")));
        let raw_times = batch.column_by_name("event_time_raw").unwrap();
        assert!(raw_times.is_valid(0) && raw_times.is_null(1));
    }

    #[test]
    fn a_field_has_the_column_of_its_name_unless_the_product_or_another_type_has_it() {
        build(RowOptions::default(), |rows, _| {
            let column = rows.field_column("flow_id", &ColumnType::Int64);
            assert!(column.is_some());
            assert_eq!(rows.field_column("flow_id", &ColumnType::Int64), column);
            assert_eq!(rows.field_column("flow_id", &ColumnType::String), None);
            assert_eq!(rows.field_column("peer_ip", &ColumnType::String), None);
        });
    }
}
