//! A MaxMind database: any bytes are refused or asked. No address makes the asking panic or go on for ever, no row is
//! lost, and the same is said of an address in a batch of its own.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use hotpath::filter::{FilterPipelineDefinition, FilterSurroundings, Filters, ResourceSource, Resources};

const FILTERS: &str = r#"{"filters":[{"type":"geoip","config":{"field":"ip","database":"db","fields":["country","country_code",
    "region","region_code","city","lat","lon","continent","continent_code","timezone","postal_code","metro_code",
    "accuracy_radius","asn","as_org"]}}]}"#;

static BATCH: LazyLock<RecordBatch> = LazyLock::new(|| {
    let addresses = [
        "0.0.0.0",
        "192.0.2.1",
        "192.0.2.129",
        "255.255.255.255",
        "::",
        "2001:db8::1",
        "2002:c000:201::",
        "ffff::",
    ];
    let column: ArrayRef = Arc::new(StringViewArray::from_iter_values(addresses));
    RecordBatch::try_from_iter([("ip", column)]).expect("one column")
});

#[derive(Debug)]
struct OneDatabase(Vec<u8>);

impl ResourceSource for OneDatabase {
    fn written_us(&self, _name: &str) -> Result<i64, String> {
        Ok(0)
    }

    fn read(&self, _name: &str, _bytes_max: usize) -> Result<Vec<u8>, String> {
        Ok(self.0.clone())
    }
}

pub fn check(input: &[u8]) {
    let resources = Arc::new(Resources::new(Arc::new(OneDatabase(input.to_vec()))));
    let surroundings = FilterSurroundings { resources, ..Default::default() };
    let definition = FilterPipelineDefinition::from_json(FILTERS).expect("a list of filters");
    let Ok(filters) = Filters::compile(&definition.filters, &surroundings) else { return };
    let all = filters.apply(BATCH.clone(), &mut filters.new_state(), 0);
    assert_eq!(all.batch.num_rows(), BATCH.num_rows());
    assert_eq!(&all.batch["ip"], &BATCH["ip"]);
    for row in 0..BATCH.num_rows() {
        let alone = filters.apply(BATCH.slice(row, 1), &mut filters.new_state(), 0);
        assert_eq!(alone.faulty.contains(0), all.faulty.contains(row));
        for (field, column) in alone.batch.schema().fields().iter().zip(alone.batch.columns()) {
            let same =
                all.batch.column_by_name(field.name()).expect("a value makes its column").slice(row, 1);
            assert_eq!(column, &same, "{}", field.name());
        }
    }
}
