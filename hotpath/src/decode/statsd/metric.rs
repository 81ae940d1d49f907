//! The grammar of StatsD: `name:value|type|@rate|#tag:value,tag`, and what DogStatsD adds.

use crate::batch::ShortText;
use crate::limits::{STATSD_TAGS_MAX, STATSD_VALUES_MAX};

/// What is wrong with a line.
pub(super) type Fault = &'static str;

/// What a metric counts or measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MetricType {
    Counter,
    Gauge,
    Timer,
    Histogram,
    Set,
    Distribution,
    Meter,
}

impl MetricType {
    fn of(letters: &str) -> Option<Self> {
        Some(match letters {
            "c" => Self::Counter,
            "g" => Self::Gauge,
            "ms" => Self::Timer,
            "h" => Self::Histogram,
            "s" => Self::Set,
            "d" => Self::Distribution,
            "m" => Self::Meter,
            _ => return None,
        })
    }

    /// What the column `metric_type` says.
    pub(super) fn text(self) -> ShortText {
        const TEXTS: [ShortText; 7] = [
            ShortText::new("counter"),
            ShortText::new("gauge"),
            ShortText::new("timer"),
            ShortText::new("histogram"),
            ShortText::new("set"),
            ShortText::new("distribution"),
            ShortText::new("meter"),
        ];
        // One for each variant, in their order.
        TEXTS[self as usize]
    }
}

/// A tag and its value; without one it only is there.
pub(super) type Tag<'a> = (&'a str, Option<&'a str>);

/// What may stand behind the first sections of a line.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Sections<'a> {
    pub(super) sample_rate: Option<f64>,
    pub(super) tags: Vec<Tag<'a>>,
    /// Seconds since 1970.
    pub(super) time_s: Option<i64>,
    pub(super) container_id: Option<&'a str>,
    pub(super) external_data: Option<&'a str>,
    pub(super) cardinality: Option<&'a str>,
    pub(super) hostname: Option<&'a str>,
    pub(super) aggregation_key: Option<&'a str>,
    pub(super) priority: Option<&'a str>,
    pub(super) source_type_name: Option<&'a str>,
    pub(super) alert_type: Option<&'a str>,
    pub(super) message: Option<&'a str>,
}

/// A metric with its values.
#[derive(Debug, PartialEq)]
pub(super) struct Metric<'a> {
    pub(super) name: &'a str,
    pub(super) metric_type: MetricType,
    pub(super) values: Vec<&'a str>,
    pub(super) sections: Sections<'a>,
}

/// An event of DogStatsD.
#[derive(Debug, PartialEq)]
pub(super) struct DogEvent<'a> {
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    pub(super) sections: Sections<'a>,
}

/// A service check of DogStatsD.
#[derive(Debug, PartialEq)]
pub(super) struct ServiceCheck<'a> {
    pub(super) name: &'a str,
    pub(super) status: i64,
    pub(super) sections: Sections<'a>,
}

/// What a line is.
#[derive(Debug, PartialEq)]
pub(super) enum Line<'a> {
    Metric(Metric<'a>),
    Event(DogEvent<'a>),
    ServiceCheck(ServiceCheck<'a>),
}

/// Takes a line apart.
pub(super) fn parse(line: &str) -> Result<Line<'_>, Fault> {
    if let Some(rest) = line.strip_prefix("_e{") {
        return event(rest).map(Line::Event);
    }
    if let Some(rest) = line.strip_prefix("_sc|") {
        return service_check(rest).map(Line::ServiceCheck);
    }
    metric(line).map(Line::Metric)
}

fn metric(line: &str) -> Result<Metric<'_>, Fault> {
    let (name, rest) = line.split_once(':').ok_or("no value of a metric")?;
    let mut parts = rest.split('|');
    let values = parts.next().unwrap_or_default();
    let metric_type = parts.next().and_then(MetricType::of).ok_or("no metric of a known type")?;
    let mut sections = Sections::default();
    let name = name_and_tags(name, &mut sections)?;
    // The members of a set may be any text.
    let values: Vec<&str> = match metric_type {
        MetricType::Set => vec![values],
        _ => values.split(':').take(STATSD_VALUES_MAX + 1).collect(),
    };
    if values.len() > STATSD_VALUES_MAX {
        return Err("a metric with more values than are taken");
    }
    add_sections(parts, &mut sections, metric_section)?;
    Ok(Metric { name, metric_type, values, sections })
}

/// The name of a metric: tags may stand behind it, as Telegraf (`,tag=value`) and Graphite (`;tag=value`) have them.
fn name_and_tags<'a>(name: &'a str, sections: &mut Sections<'a>) -> Result<&'a str, Fault> {
    let Some(end) = name.find([',', ';']) else {
        return if name.is_empty() { Err("a metric without a name") } else { Ok(name) };
    };
    let separator = if name[end..].starts_with(',') { ',' } else { ';' };
    for tag in name[end + 1..].split(separator) {
        add_tag(tag, '=', sections)?;
    }
    if end == 0 { Err("a metric without a name") } else { Ok(&name[..end]) }
}

/// `<title bytes>,<text bytes>}:<title>|<text>` and sections.
fn event(line: &str) -> Result<DogEvent<'_>, Fault> {
    const FAULT: Fault = "an event whose lengths are not those of its texts";
    let (lengths, rest) = line.split_once("}:").ok_or(FAULT)?;
    let (title_bytes, text_bytes) = lengths.split_once(',').ok_or(FAULT)?;
    let title_bytes: usize = title_bytes.parse().map_err(|_| FAULT)?;
    let text_bytes: usize = text_bytes.parse().map_err(|_| FAULT)?;
    let title = rest.get(..title_bytes).ok_or(FAULT)?;
    let rest = rest.get(title_bytes..).and_then(|rest| rest.strip_prefix('|')).ok_or(FAULT)?;
    let text = rest.get(..text_bytes).ok_or(FAULT)?;
    let mut sections = Sections::default();
    let rest = &rest[text_bytes..];
    if !rest.is_empty() {
        let rest = rest.strip_prefix('|').ok_or(FAULT)?;
        add_sections(rest.split('|'), &mut sections, event_section)?;
    }
    Ok(DogEvent { title, text, sections })
}

/// `<name>|<status>` and sections; a message is the last of them, whatever stands in it.
fn service_check(line: &str) -> Result<ServiceCheck<'_>, Fault> {
    let (line, message) = match line.split_once("|m:") {
        Some((line, message)) => (line, Some(message)),
        None => (line, None),
    };
    let mut parts = line.split('|');
    let name = parts.next().filter(|name| !name.is_empty()).ok_or("a service check without a name")?;
    let status =
        parts.next().and_then(|status| status.parse().ok()).ok_or("a service check without a status")?;
    let mut sections = Sections { message, ..Sections::default() };
    add_sections(parts, &mut sections, event_section)?;
    Ok(ServiceCheck { name, status, sections })
}

/// Takes sections: tags, and what else the kind of line has.
fn add_sections<'a>(
    parts: impl Iterator<Item = &'a str>,
    sections: &mut Sections<'a>,
    other: fn(&'a str, &mut Sections<'a>) -> Option<()>,
) -> Result<(), Fault> {
    for part in parts {
        if let Some(tags) = part.strip_prefix('#') {
            for tag in tags.split(',') {
                add_tag(tag, ':', sections)?;
            }
        } else if other(part, sections).is_none() {
            return Err("a section that StatsD does not have");
        }
    }
    Ok(())
}

fn add_tag<'a>(tag: &'a str, separator: char, sections: &mut Sections<'a>) -> Result<(), Fault> {
    if sections.tags.len() == STATSD_TAGS_MAX {
        return Err("more tags than are taken");
    }
    let (key, value) = match tag.split_once(separator) {
        Some((key, value)) => (key, Some(value)),
        None => (tag, None),
    };
    if !key.is_empty() {
        sections.tags.push((key, value));
    }
    Ok(())
}

fn metric_section<'a>(part: &'a str, sections: &mut Sections<'a>) -> Option<()> {
    if let Some(rate) = part.strip_prefix('@') {
        sections.sample_rate = Some(rate.parse().ok().filter(|rate: &f64| rate.is_finite())?);
    } else if let Some(id) = part.strip_prefix("c:") {
        sections.container_id = Some(id);
    } else if let Some(data) = part.strip_prefix("e:") {
        sections.external_data = Some(data);
    } else if let Some(cardinality) = part.strip_prefix("card:") {
        sections.cardinality = Some(cardinality);
    } else {
        sections.time_s = Some(part.strip_prefix('T')?.parse().ok()?);
    }
    Some(())
}

fn event_section<'a>(part: &'a str, sections: &mut Sections<'a>) -> Option<()> {
    let (letter, value) = part.split_once(':')?;
    match letter {
        "d" => sections.time_s = Some(value.parse().ok()?),
        "h" => sections.hostname = Some(value),
        "k" => sections.aggregation_key = Some(value),
        "p" => sections.priority = Some(value),
        "s" => sections.source_type_name = Some(value),
        "t" => sections.alert_type = Some(value),
        "c" => sections.container_id = Some(value),
        "e" => sections.external_data = Some(value),
        "card" => sections.cardinality = Some(value),
        _ => return None,
    }
    Some(())
}
