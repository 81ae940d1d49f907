//! "Did you mean": the known name that is nearest to a wrong one.

/// Names less alike than this are not offered.
const LEAST_SIMILARITY: f64 = 0.6;

/// The candidate nearest to `wrong`, if any is near. Case does not count.
pub(crate) fn closest<'a>(wrong: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let mut best: Option<(&str, f64)> = None;
    for candidate in candidates {
        let similarity = strsim::normalized_damerau_levenshtein(&wrong, &candidate.to_lowercase());
        if similarity >= LEAST_SIMILARITY && best.is_none_or(|(_, so_far)| similarity > so_far) {
            best = Some((candidate, similarity));
        }
    }
    best.map(|(candidate, _)| candidate)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn the_nearest_name_is_offered_and_a_strange_one_gets_none() {
        let names = ["hostname", "app_name", "message"];
        assert_eq!(closest("hostnaem", names.into_iter()), Some("hostname"));
        assert_eq!(closest("MESSAGE", names.into_iter()), Some("message"));
        assert_eq!(closest("zzz", names.into_iter()), None);
    }
}
