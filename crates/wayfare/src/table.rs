//! Tables and numbers for people.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};

/// A table, one line a row. Columns of numbers stand to the right.
pub(crate) fn table<const N: usize>(
    header: [&str; N],
    numbers: &[usize],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    let rows = rows.into_iter().map(|row| row.map(|cell| plain(&cell)));
    table.load_style(UTF8_FULL_CONDENSED).set_header(header).add_rows(rows);
    for place in numbers {
        if let Some(column) = table.column_mut(*place) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

/// A text as a terminal may have it: names and ids come from outside, and it takes no orders from them.
/// Lines stay lines.
pub(crate) fn plain(text: &str) -> String {
    let is_order = |letter: char| letter.is_control() && letter != '\n';
    text.chars().map(|letter| if is_order(letter) { '\u{fffd}' } else { letter }).collect()
}

/// A whole number with commas between thousands.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, expected) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (31_106, "31,106"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), expected);
        }
    }

    #[test]
    fn a_terminal_takes_no_orders_from_what_is_in_a_table() {
        let text = table(["Name"], &[], [["a\u{1b}[2J\r\u{9b}b\nc".to_owned()]]);
        assert!(text.contains("a\u{fffd}[2J\u{fffd}\u{fffd}b"), "{text:?}");
        assert!(!text.contains(|letter: char| letter.is_control() && letter != '\n'), "{text:?}");
    }

    #[test]
    fn numbers_stand_to_the_right() {
        let rows = [["a".to_owned(), "1".to_owned()], ["b".to_owned(), "1,000".to_owned()]];
        let text = table(["Name", "Sessions"], &[1], rows);
        assert!(text.contains("│ a    ┆        1 │"), "{text}");
        assert!(text.contains("│ b    ┆    1,000 │"), "{text}");
    }
}
