//! A statement that is read is written as it was meant, by both of its readers; a name in it never leads elsewhere.

use weightseal::envelope::{OmsForm, OmsStatement, Statement};
use weightseal::listing::SafeName;

use crate::second::manifest::is_safe;

/// See above.
pub fn run(bytes: &[u8]) {
    match Statement::parse(bytes) {
        Ok(statement) => {
            let payload = statement.to_payload();
            assert_eq!(Statement::parse(&payload).as_ref(), Ok(&statement));
            assert!(statement.resources.iter().all(|it| is_down(it.name.as_ref())));
        }
        Err(error) => super::is_fit_to_show(error),
    }
    match OmsStatement::parse(bytes, 1000) {
        Ok(statement) => {
            assert!(!statement.files.is_empty() && statement.files.len() <= 1000);
            assert!(statement.files.iter().all(|it| is_down(it.name.as_ref())));
            assert!(statement.ignored.iter().all(|name| is_down(Some(name))));
            assert!(statement.files.windows(2).all(|pair| pair[0].name < pair[1].name));
            rewritten(&statement, bytes);
        }
        Err(fault) => {
            super::is_fit_to_show(&fault);
            assert!(!fault.code().is_empty());
        }
    }
}

fn rewritten(statement: &OmsStatement, bytes: &[u8]) {
    if statement.form == OmsForm::Legacy {
        return;
    }
    let payload = statement.to_payload(statement.dialect_of(bytes));
    let again = OmsStatement::parse(&payload, 1000).expect("it reads what it writes");
    let mut expected = statement.clone();
    // Written in the one order, in which the root is another one than in the order of the reference implementation.
    expected.root = again.root;
    // Of other hashes than SHA-256 no sizes are written.
    for (file, found) in expected.files.iter_mut().zip(&again.files) {
        file.size = file.size.filter(|_| found.size.is_some());
    }
    assert_eq!(again, expected);
    assert_eq!(again.to_payload(again.dialect_of(&payload)), payload);
}

fn is_down(name: Option<&SafeName>) -> bool {
    name.is_none_or(|name| is_safe(name.as_str()))
}
