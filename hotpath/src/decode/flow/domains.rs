//! What exporters told: the templates, the sampling rates and the start of each observation domain.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use hashbrown::HashMap;

use super::header::Version;
use super::names::Names;
use super::plan::Plan;
use super::sampling::Samplers;
use super::template::Template;
use crate::limits::{
    FLOW_DOMAINS_MAX, FLOW_DOMAINS_PER_EXPORTER_MAX, FLOW_FIELDS_MAX, FLOW_TEMPLATES_PER_DOMAIN_MAX,
    FLOW_TOLD_MAX,
};

/// What templates are kept by: the exporter's address, the version, and the observation domain (source id).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct DomainKey {
    pub(super) exporter: IpAddr,
    pub(super) version: Version,
    pub(super) domain: u32,
}

/// A template and how to read its records.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) template: Template,
    /// Made when the first records come.
    plan: Option<Rc<Plan>>,
    learned: u64,
}

/// What is known of one observation domain.
#[derive(Debug, Default)]
pub(super) struct Domain {
    templates: HashMap<u16, Known, foldhash::fast::RandomState>,
    /// Their ids in the order in which they were learned.
    order: BTreeMap<u64, u16>,
    pub(super) samplers: Samplers,
    pub(super) names: Names,
    /// When the exporter started, in microseconds since 1970 (systemInitTimeMilliseconds of options).
    pub(super) started_us: Option<i64>,
    learned: u64,
    fields: usize,
}

impl Domain {
    /// The template of an id.
    pub(super) fn template(&self, id: u16) -> Option<&Template> {
        Some(&self.templates.get(&id)?.template)
    }

    /// How to read the records of a template, made by `make` at the first time.
    pub(super) fn plan(&mut self, id: u16, make: impl FnOnce(&Template) -> Plan) -> Option<Rc<Plan>> {
        let Known { template, plan, .. } = self.templates.get_mut(&id)?;
        Some(Rc::clone(plan.get_or_insert_with(|| Rc::new(make(template)))))
    }

    /// The templates in the order in which they were learned.
    pub(super) fn templates(&self) -> impl Iterator<Item = (u16, &Template)> {
        self.order.values().filter_map(|id| Some((*id, self.template(*id)?)))
    }

    /// Rates and names.
    fn told(&self) -> usize {
        self.samplers.len() + self.names.len()
    }

    fn remove(&mut self, id: u16) -> bool {
        let Some(gone) = self.templates.remove(&id) else { return false };
        self.order.remove(&gone.learned);
        self.fields -= gone.template.fields.len();
        true
    }
}

/// All domains of all exporters.
#[derive(Debug, Default)]
pub(super) struct Domains {
    domains: HashMap<DomainKey, Domain, foldhash::fast::RandomState>,
    /// Domains in the order in which they were learned, all and by exporter.
    order: BTreeMap<u64, DomainKey>,
    of_exporter: HashMap<IpAddr, BTreeMap<u64, DomainKey>, foldhash::fast::RandomState>,
    /// Numbers what is learned.
    learned: u64,
    fields: usize,
    /// Rates and names of all.
    told: usize,
    changed: bool,
}

impl Domains {
    /// Whether anything was learned or forgotten since this was asked last.
    pub(super) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Takes note of what options tell of a domain; `learn` is told whether there is room for more, and says whether
    /// there was news.
    pub(super) fn tell(&mut self, key: DomainKey, learn: impl FnOnce(&mut Domain, bool) -> bool) {
        let has_room = self.told < FLOW_TOLD_MAX;
        let domain = self.entry(key);
        let before = domain.told();
        let is_news = learn(domain, has_room);
        let now = domain.told();
        self.told = self.told - before + now;
        self.changed |= is_news;
    }

    /// A domain that something is known of.
    pub(super) fn get(&self, key: &DomainKey) -> Option<&Domain> {
        self.domains.get(key)
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self, key: &DomainKey) -> Option<&mut Domain> {
        self.domains.get_mut(key)
    }

    /// A domain that is made where nothing is known of it yet. Others are forgotten where there are too many.
    pub(super) fn entry(&mut self, key: DomainKey) -> &mut Domain {
        if !self.domains.contains_key(&key) {
            self.make_room(key.exporter);
            self.learned += 1;
            self.order.insert(self.learned, key);
            self.of_exporter.entry(key.exporter).or_default().insert(self.learned, key);
            self.changed = true;
        }
        let learned = self.learned;
        self.domains.entry(key).or_insert_with(|| Domain { learned, ..Domain::default() })
    }

    fn make_room(&mut self, exporter: IpAddr) {
        let of_exporter = self.of_exporter.get(&exporter);
        let oldest_of_exporter = of_exporter
            .filter(|domains| domains.len() >= FLOW_DOMAINS_PER_EXPORTER_MAX)
            .and_then(|domains| domains.values().next().copied());
        if let Some(key) = oldest_of_exporter {
            self.forget(&key);
        }
        if self.domains.len() >= FLOW_DOMAINS_MAX {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(key) = self.order.values().next().copied() {
            self.forget(&key);
        }
    }

    fn forget(&mut self, key: &DomainKey) {
        let Some(gone) = self.domains.remove(key) else { return };
        self.changed = true;
        self.fields -= gone.fields;
        self.told -= gone.told();
        self.order.remove(&gone.learned);
        if let Some(of_exporter) = self.of_exporter.get_mut(&key.exporter) {
            of_exporter.remove(&gone.learned);
            if of_exporter.is_empty() {
                self.of_exporter.remove(&key.exporter);
            }
        }
    }

    /// Takes over a template; returns whether it is not known yet as it is.
    pub(super) fn learn(&mut self, key: DomainKey, id: u16, template: Template) -> bool {
        if self.get(&key).and_then(|domain| domain.template(id)) == Some(&template) {
            return false;
        }
        self.withdraw(&key, id);
        let fields = template.fields.len();
        // Other domains go first, and of one domain alone its oldest templates.
        while self.fields + fields > FLOW_FIELDS_MAX
            && let Some(oldest) = self.order.values().find(|known| **known != key).copied()
        {
            self.forget(&oldest);
        }
        self.learned += 1;
        let learned = self.learned;
        let is_over = self.fields + fields > FLOW_FIELDS_MAX;
        let domain = self.entry(key);
        let before = domain.fields;
        if is_over || domain.templates.len() >= FLOW_TEMPLATES_PER_DOMAIN_MAX {
            while let Some(oldest) = domain.order.values().next().copied() {
                domain.remove(oldest);
                if domain.templates.len() < FLOW_TEMPLATES_PER_DOMAIN_MAX && before - domain.fields >= fields
                {
                    break;
                }
            }
        }
        domain.order.insert(learned, id);
        domain.templates.insert(id, Known { template, plan: None, learned });
        domain.fields += fields;
        let now = domain.fields;
        self.fields = self.fields - before + now;
        self.changed = true;
        true
    }

    /// Forgets a template.
    pub(super) fn withdraw(&mut self, key: &DomainKey, id: u16) {
        let Some(domain) = self.domains.get_mut(key) else { return };
        let before = domain.fields;
        if domain.remove(id) {
            self.fields -= before - domain.fields;
            self.changed = true;
        }
    }

    /// Forgets all templates of a kind: of flows, or of options.
    pub(super) fn withdraw_all(&mut self, key: &DomainKey, is_options: bool) {
        let Some(domain) = self.get(key) else { return };
        let of_kind = |template: &Template| template.scope_fields.is_some() == is_options;
        let ids: Vec<u16> =
            domain.templates().filter(|(_, template)| of_kind(template)).map(|(id, _)| id).collect();
        for id in ids {
            self.withdraw(key, id);
        }
    }

    /// All domains in the order in which they were learned.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&DomainKey, &Domain)> {
        self.order.values().filter_map(|key| Some((key, self.domains.get(key)?)))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.domains.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::flow::names::Named;
    use crate::decode::flow::template::FieldSpec;

    fn key(exporter: u8, domain: u32) -> DomainKey {
        DomainKey { exporter: [192, 0, 2, exporter].into(), version: Version::Ipfix, domain }
    }

    fn template(fields: usize, scope_fields: Option<u16>) -> Template {
        Template { fields: vec![FieldSpec { enterprise: 0, id: 1, length: 4 }; fields], scope_fields }
    }

    #[test]
    fn a_template_that_comes_again_is_no_change() {
        let mut domains = Domains::default();
        assert!(domains.learn(key(1, 0), 256, template(2, None)));
        assert!(domains.take_changed() && !domains.take_changed());
        assert!(!domains.learn(key(1, 0), 256, template(2, None)) && !domains.take_changed());
        assert!(domains.learn(key(1, 0), 256, template(3, None)) && domains.take_changed());
        assert_eq!(domains.fields, 3);
        assert!(domains.get(&key(2, 0)).is_none(), "another exporter");
    }

    #[test]
    fn templates_are_withdrawn_one_by_one_or_all_of_a_kind() {
        let mut domains = Domains::default();
        for id in 256..260 {
            domains.learn(key(1, 0), id, template(1, (id % 2 == 0).then_some(1)));
        }
        domains.withdraw(&key(1, 0), 257);
        domains.withdraw_all(&key(1, 0), true);
        let left: Vec<u16> = domains.get(&key(1, 0)).unwrap().templates().map(|(id, _)| id).collect();
        assert_eq!((left, domains.fields), (vec![259], 1));
        domains.take_changed();
        domains.withdraw(&key(1, 0), 300);
        assert!(!domains.take_changed());
    }

    #[test]
    fn what_was_learned_first_is_forgotten_first() {
        let mut domains = Domains::default();
        for domain in 0..=FLOW_DOMAINS_PER_EXPORTER_MAX as u32 {
            domains.learn(key(1, domain), 256, template(1, None));
        }
        assert_eq!(domains.len(), FLOW_DOMAINS_PER_EXPORTER_MAX);
        assert!(domains.get(&key(1, 0)).is_none() && domains.get(&key(1, 1)).is_some());

        for id in 0..=FLOW_TEMPLATES_PER_DOMAIN_MAX as u16 {
            domains.learn(key(2, 0), 256 + id, template(1, None));
        }
        let of_two = domains.get(&key(2, 0)).unwrap();
        assert_eq!(of_two.templates().count(), FLOW_TEMPLATES_PER_DOMAIN_MAX);
        assert!(of_two.template(256).is_none() && of_two.template(257).is_some());

        let large = FLOW_FIELDS_MAX / 256;
        for id in 0..300 {
            domains.learn(key(3, 0), 256 + id, template(large, None));
            assert!(domains.fields <= FLOW_FIELDS_MAX);
        }
        assert_eq!(domains.len(), 1, "one domain fills all");
        assert_eq!(domains.fields, domains.get(&key(3, 0)).unwrap().fields);
    }

    #[test]
    fn the_number_of_names_is_bounded_over_all_domains() {
        let mut domains = Domains::default();
        for number in 0..FLOW_TOLD_MAX as u64 + 2 {
            let key = key(1, (number % 2) as u32);
            domains.tell(key, |domain, has_room| domain.names.learn((Named::Vrf, number), "name", has_room));
        }
        assert_eq!(domains.told, FLOW_TOLD_MAX);
        domains.forget(&key(1, 0));
        assert_eq!(domains.told, FLOW_TOLD_MAX / 2);
    }

    #[test]
    fn the_number_of_domains_is_bounded() {
        let mut domains = Domains::default();
        for number in 0..FLOW_DOMAINS_MAX as u32 + 10 {
            let exporter = IpAddr::from((0x0A00_0000 + number).to_be_bytes());
            domains.learn(DomainKey { exporter, version: Version::V9, domain: 0 }, 256, template(1, None));
        }
        assert_eq!((domains.len(), domains.of_exporter.len()), (FLOW_DOMAINS_MAX, FLOW_DOMAINS_MAX));
        assert_eq!(domains.iter().count(), FLOW_DOMAINS_MAX);
    }
}
