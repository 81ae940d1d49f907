//! The second gate: what DataFusion made of a statement may hold reading nodes only, on our tables only.

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::source_as_provider;
use datafusion::functions_table::generate_series::GenerateSeriesTable;
use datafusion::logical_expr::{LogicalPlan, TableScan};

use crate::datafusion_error::from_datafusion;
use crate::error::{QueryError, QueryErrorKind};
use crate::table::LakeTable;

/// Refuses a plan with any node that is not on the list of those that only read.
pub(crate) fn check_plan(plan: &LogicalPlan) -> Result<(), QueryError> {
    let mut refused = None;
    plan.apply_with_subqueries(|node| {
        refused = refusal(node);
        Ok(if refused.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })
    .map_err(|error| from_datafusion(&error))?;
    match refused {
        Some(what) => Err(QueryError::new(QueryErrorKind::Forbidden, format!("{what} is not allowed"))),
        None => Ok(()),
    }
}

fn refusal(node: &LogicalPlan) -> Option<String> {
    match node {
        LogicalPlan::Projection(_)
        | LogicalPlan::Filter(_)
        | LogicalPlan::Window(_)
        | LogicalPlan::Aggregate(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Join(_)
        | LogicalPlan::Repartition(_)
        | LogicalPlan::Union(_)
        | LogicalPlan::EmptyRelation(_)
        | LogicalPlan::Subquery(_)
        | LogicalPlan::SubqueryAlias(_)
        | LogicalPlan::Limit(_)
        | LogicalPlan::Values(_)
        | LogicalPlan::Explain(_)
        | LogicalPlan::Analyze(_)
        | LogicalPlan::Distinct(_)
        | LogicalPlan::Unnest(_)
        | LogicalPlan::RecursiveQuery(_) => None,
        LogicalPlan::TableScan(scan) => refused_scan(scan),
        LogicalPlan::Statement(_)
        | LogicalPlan::Extension(_)
        | LogicalPlan::Dml(_)
        | LogicalPlan::Ddl(_)
        | LogicalPlan::Copy(_)
        | LogicalPlan::DescribeTable(_) => {
            Some(node.display().to_string().split(':').next().unwrap_or("this").to_owned())
        }
    }
}

fn refused_scan(scan: &TableScan) -> Option<String> {
    let Ok(provider) = source_as_provider(&scan.source) else {
        return Some(format!("reading {}", scan.table_name));
    };
    let provider = provider.as_any();
    // The working table of a recursive query has a private type; it holds only what the query itself made.
    let is_own = provider.is::<LakeTable>()
        || provider.is::<GenerateSeriesTable>()
        || provider.is::<datafusion::datasource::cte_worktable::CteWorkTable>();
    (!is_own).then(|| format!("reading {}", scan.table_name))
}
