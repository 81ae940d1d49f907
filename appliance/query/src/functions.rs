//! Which functions SQL may call: DataFusion's own, without those that make much memory out of few bytes of SQL.

use std::sync::Arc;

use datafusion::catalog::TableFunction;
use datafusion::execution::SessionStateDefaults;
use datafusion::logical_expr::ScalarUDF;

/// Scalar functions left out: one call of them can ask for gigabytes, which no memory limit sees.
const LEFT_OUT_SCALAR_FUNCTIONS: &[&str] =
    &["repeat", "array_repeat", "array_resize", "generate_series", "range", "gen_series", "version"];

/// Table functions that may stand in FROM. They make numbers and times; none reads anything.
pub(crate) const TABLE_FUNCTIONS: &[&str] = &["generate_series", "range"];

/// The scalar functions of a session.
pub(crate) fn scalar_functions() -> Vec<Arc<ScalarUDF>> {
    let all = SessionStateDefaults::default_scalar_functions();
    all.into_iter().filter(|function| !is_left_out(function)).collect()
}

/// The table functions of a session.
pub(crate) fn table_functions() -> Vec<Arc<TableFunction>> {
    let all = SessionStateDefaults::default_table_functions();
    all.into_iter().filter(|function| TABLE_FUNCTIONS.contains(&function.name())).collect()
}

fn is_left_out(function: &ScalarUDF) -> bool {
    let left_out = |name: &str| LEFT_OUT_SCALAR_FUNCTIONS.contains(&name);
    left_out(function.name()) || function.aliases().iter().any(|alias| left_out(alias))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_exists_in_datafusion_and_not_here() {
        let here = scalar_functions();
        let there = SessionStateDefaults::default_scalar_functions();
        for name in ["repeat", "array_repeat", "array_resize", "generate_series", "range"] {
            assert!(
                there.iter().any(|f| f.name() == name),
                "{name} is not a function of datafusion any more"
            );
            assert!(
                !here.iter().any(|f| f.name() == name || f.aliases().iter().any(|a| a == name)),
                "{name}"
            );
        }
    }
}
