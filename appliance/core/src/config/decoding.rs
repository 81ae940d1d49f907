//! From the settings of a dataset to what decoders are told.

use hotpath::batch::RowOptions;
use hotpath::decode::DecoderOptions;
use hotpath::decode::delimited::{DelimitedOptions, HeaderLine};
use hotpath::decode::flow::{FlowOptions, SamplingOverride};
use hotpath::decode::json::JsonOptions;
use hotpath::decode::syslog::SyslogOptions;

use super::{DatasetConfig, DelimitedHeader, DelimitedSettings};

const MICROSECONDS_AN_HOUR: i64 = 3_600_000_000;

impl DatasetConfig {
    /// Options of the decoder of its events.
    pub fn decoder_options(&self) -> DecoderOptions {
        DecoderOptions {
            syslog: SyslogOptions { time_zone: self.time_zone() },
            json: JsonOptions { time_field: self.json.time_field.clone() },
            flow: FlowOptions { sampling_overrides: self.sampling_overrides() },
            delimited: delimited_options(&self.delimited),
        }
    }

    /// Options for every row of it.
    pub fn row_options(&self) -> RowOptions {
        let hours_us =
            |hours: u64| i64::try_from(hours).unwrap_or(i64::MAX).saturating_mul(MICROSECONDS_AN_HOUR);
        RowOptions {
            keep_raw: self.keep_raw,
            event_time_past_max_us: hours_us(self.event_time_past_max_hours),
            event_time_future_max_us: hours_us(self.event_time_future_max_hours),
        }
    }

    fn sampling_overrides(&self) -> Vec<SamplingOverride> {
        let overrides = self.flow.sampling_overrides.iter();
        overrides
            .filter_map(|one| Some(SamplingOverride { network: one.network()?, rate: one.rate }))
            .collect()
    }
}

fn delimited_options(settings: &DelimitedSettings) -> DelimitedOptions {
    DelimitedOptions {
        columns: settings.columns.clone(),
        delimiter: settings.delimiter_byte(),
        header: match settings.header {
            DelimitedHeader::First => HeaderLine::First,
            DelimitedHeader::Absent => HeaderLine::Absent,
        },
    }
}
