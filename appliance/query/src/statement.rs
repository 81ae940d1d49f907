//! What may be asked: exactly one statement, and only one that reads.
//!
//! This is the first of two gates. It looks at the syntax tree; `plan_check` looks at what DataFusion made of it.

use std::ops::ControlFlow;

use datafusion::error::DataFusionError;
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, ObjectName, Query, SetExpr,
    ShowStatementFilterPosition, ShowStatementOptions, Statement as SqlStatement, TableFactor, Value, Visit,
    Visitor,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use crate::datafusion_error::from_datafusion;
use crate::error::{QueryError, QueryErrorKind};
use crate::functions::TABLE_FUNCTIONS;
use crate::limits;

/// A statement that passed the gate.
#[derive(Debug)]
pub(crate) enum AllowedStatement {
    /// SELECT, WITH, VALUES; also EXPLAIN of one of them.
    Query {
        /// The whole statement.
        statement: Box<Statement>,
        /// Whether it is an EXPLAIN.
        is_explain: bool,
    },
    /// SHOW TABLES.
    ShowTables,
    /// DESCRIBE of a table.
    Describe(ObjectName),
}

/// Parses a text and lets it pass if it is one read-only statement.
pub(crate) fn parse_read_only(sql: &str) -> Result<AllowedStatement, QueryError> {
    if sql.len() > limits::MAX_SQL_BYTES {
        let message =
            format!("the statement has {} bytes, more than the {} allowed", sql.len(), limits::MAX_SQL_BYTES);
        return Err(QueryError::new(QueryErrorKind::TooLarge, message));
    }
    let dialect = GenericDialect {};
    let tokens = Tokenizer::new(&dialect, sql)
        .tokenize_with_location()
        .map_err(|error| from_datafusion(&DataFusionError::SQL(Box::new(error.into()), None)))?;
    refuse_deep_chains(&tokens)?;
    let mut statements = DFParserBuilder::new(tokens)
        .with_dialect(&dialect)
        .with_recursion_limit(limits::MAX_SQL_DEPTH)
        .build()
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| from_datafusion(&error))?;
    if statements.len() > 1 {
        return Err(forbidden(format!("one statement at a time, here are {}", statements.len())));
    }
    match statements.pop_front() {
        Some(statement) => allow(statement),
        None => Err(QueryError::new(QueryErrorKind::Syntax, "there is no statement")),
    }
}

/// Operators chain into left-deep trees without nesting, so the parser's own depth limit does not see them.
fn refuse_deep_chains(tokens: &[TokenWithSpan]) -> Result<(), QueryError> {
    let operators = tokens.iter().filter(|token| is_operator(&token.token)).count();
    if operators <= limits::MAX_SQL_OPERATORS {
        return Ok(());
    }
    let message = format!(
        "the statement has {operators} operators, more than the {} allowed",
        limits::MAX_SQL_OPERATORS
    );
    Err(QueryError::new(QueryErrorKind::TooLarge, message)
        .with_suggestion("write many alternatives as `column IN (value, value, ...)`"))
}

fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => matches!(
            word.keyword,
            Keyword::AND
                | Keyword::OR
                | Keyword::XOR
                | Keyword::NOT
                | Keyword::IS
                | Keyword::NOTNULL
                | Keyword::IN
                | Keyword::LIKE
                | Keyword::ILIKE
                | Keyword::RLIKE
                | Keyword::REGEXP
                | Keyword::SIMILAR
                | Keyword::BETWEEN
                | Keyword::COLLATE
                | Keyword::AT
                | Keyword::DIV
                | Keyword::OVERLAPS
                | Keyword::MEMBER
                | Keyword::OPERATOR
                | Keyword::UNION
                | Keyword::EXCEPT
                | Keyword::INTERSECT
                | Keyword::MINUS
                | Keyword::JOIN
                | Keyword::APPLY
                | Keyword::PIVOT
                | Keyword::UNPIVOT
                | Keyword::MATCH_RECOGNIZE
                | Keyword::SELECT
        ),
        Token::Whitespace(_)
        | Token::Comma
        | Token::Period
        | Token::SemiColon
        | Token::LParen
        | Token::RParen
        | Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::DoubleQuotedString(_)
        | Token::EOF => false,
        _ => true,
    }
}

fn allow(statement: Statement) -> Result<AllowedStatement, QueryError> {
    match statement {
        Statement::Statement(inner) => allow_sql(*inner),
        Statement::Explain(explain) => {
            match explain.statement.as_ref() {
                Statement::Statement(inner) if matches!(inner.as_ref(), SqlStatement::Query(_)) => {
                    check_tree(inner)?;
                }
                other => return Err(not_allowed(other)),
            }
            let statement = Box::new(Statement::Explain(explain));
            Ok(AllowedStatement::Query { statement, is_explain: true })
        }
        other => Err(not_allowed(&other)),
    }
}

fn allow_sql(statement: SqlStatement) -> Result<AllowedStatement, QueryError> {
    match statement {
        SqlStatement::Query(_) => {
            check_tree(&statement)?;
            let statement = Box::new(Statement::Statement(Box::new(statement)));
            Ok(AllowedStatement::Query { statement, is_explain: false })
        }
        SqlStatement::ShowTables { show_options, .. } => {
            if !is_plain(&show_options) {
                return Err(forbidden("SHOW TABLES takes no further words here"));
            }
            Ok(AllowedStatement::ShowTables)
        }
        SqlStatement::ExplainTable { table_name, .. } => Ok(AllowedStatement::Describe(table_name)),
        other => Err(not_allowed(&Statement::Statement(Box::new(other)))),
    }
}

fn is_plain(options: &ShowStatementOptions) -> bool {
    let filter: &Option<ShowStatementFilterPosition> = &options.filter_position;
    options.show_in.is_none()
        && options.starts_with.is_none()
        && options.limit.is_none()
        && options.limit_from.is_none()
        && filter.is_none()
}

fn not_allowed(statement: &Statement) -> QueryError {
    let text = statement.to_string();
    let keyword = text.split_whitespace().next().unwrap_or("this").to_ascii_uppercase();
    forbidden(format!("{keyword} is not allowed"))
        .with_suggestion("only SELECT, WITH, EXPLAIN, SHOW TABLES and DESCRIBE are")
}

fn forbidden(message: impl Into<String>) -> QueryError {
    QueryError::new(QueryErrorKind::Forbidden, message)
}

fn check_tree(statement: &SqlStatement) -> Result<(), QueryError> {
    let mut check = ReadOnlyCheck { table_factors: 0 };
    match statement.visit(&mut check) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(*error),
    }
}

/// Walks a query and stops at the first thing that is not plain reading.
struct ReadOnlyCheck {
    table_factors: usize,
}

fn refuse(message: impl Into<String>) -> ControlFlow<Box<QueryError>> {
    ControlFlow::Break(Box::new(forbidden(message)))
}

impl Visitor for ReadOnlyCheck {
    type Break = Box<QueryError>;

    fn pre_visit_statement(&mut self, statement: &SqlStatement) -> ControlFlow<Self::Break> {
        match statement {
            SqlStatement::Query(_) => ControlFlow::Continue(()),
            other => {
                ControlFlow::Break(Box::new(not_allowed(&Statement::Statement(Box::new(other.clone())))))
            }
        }
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        if !query.locks.is_empty() {
            return refuse("FOR UPDATE and FOR SHARE are not allowed: nothing here can be locked");
        }
        if query.settings.is_some() || query.format_clause.is_some() || query.for_clause.is_some() {
            return refuse("SETTINGS, FORMAT, FOR XML and FOR JSON are not allowed");
        }
        if !query.pipe_operators.is_empty() {
            return refuse("pipe operators are not allowed");
        }
        check_body(&query.body)
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        self.table_factors += 1;
        if self.table_factors > limits::MAX_TABLES_PER_QUERY {
            let message = format!("more than {} tables in one statement", limits::MAX_TABLES_PER_QUERY);
            return ControlFlow::Break(Box::new(QueryError::new(QueryErrorKind::TooLarge, message)));
        }
        match factor {
            TableFactor::Table { name, args: None, .. } => check_table_name(name),
            TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => {
                check_table_function(name)
            }
            TableFactor::Derived { .. } | TableFactor::UNNEST { .. } | TableFactor::NestedJoin { .. } => {
                ControlFlow::Continue(())
            }
            TableFactor::TableFunction { .. } => refuse("TABLE(function) is not allowed in FROM"),
            _ => refuse("only tables, subqueries, joins and UNNEST are allowed in FROM"),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        let Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        let name = last_part(&function.name);
        if name != "lpad" && name != "rpad" {
            return ControlFlow::Continue(());
        }
        let FunctionArguments::List(arguments) = &function.args else { return ControlFlow::Continue(()) };
        let is_bounded = arguments.args.get(1).is_some_and(is_bounded_length);
        if is_bounded {
            return ControlFlow::Continue(());
        }
        refuse(format!("the length in {name} must be a number, at most {}", limits::MAX_PADDED_CHARS))
    }
}

fn check_body(body: &SetExpr) -> ControlFlow<Box<QueryError>> {
    match body {
        SetExpr::Select(select) if select.into.is_some() => refuse("SELECT INTO is not allowed"),
        SetExpr::Select(_) | SetExpr::Values(_) | SetExpr::Query(_) => ControlFlow::Continue(()),
        SetExpr::SetOperation { left, right, .. } => {
            check_body(left)?;
            check_body(right)
        }
        SetExpr::Table(_) => refuse("TABLE is not allowed: write SELECT * FROM"),
        SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
            refuse("INSERT, UPDATE, DELETE and MERGE are not allowed")
        }
    }
}

/// A file or an address in place of a table: DuckDB reads those, this engine reads the lake's tables only.
fn check_table_name(name: &ObjectName) -> ControlFlow<Box<QueryError>> {
    let is_text =
        name.0.iter().any(|part| part.as_ident().is_none_or(|ident| ident.quote_style == Some('\'')));
    if !is_text {
        return ControlFlow::Continue(());
    }
    let error = forbidden(format!("{name} is not a table: files and addresses cannot be read"))
        .with_suggestion("SHOW TABLES lists the tables");
    ControlFlow::Break(Box::new(error))
}

fn check_table_function(name: &ObjectName) -> ControlFlow<Box<QueryError>> {
    let is_allowed = name.0.len() == 1 && TABLE_FUNCTIONS.contains(&last_part(name).as_str());
    if is_allowed {
        return ControlFlow::Continue(());
    }
    refuse(format!("the function {name} is not allowed in FROM"))
}

fn last_part(name: &ObjectName) -> String {
    let ident = name.0.last().and_then(|part| part.as_ident());
    ident.map(|ident| ident.value.to_lowercase()).unwrap_or_default()
}

fn is_bounded_length(argument: &FunctionArg) -> bool {
    let FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) = argument else { return false };
    let Value::Number(number, _) = &value.value else { return false };
    number.to_string().parse::<u64>().is_ok_and(|length| length <= limits::MAX_PADDED_CHARS)
}
