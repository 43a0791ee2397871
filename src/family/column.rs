//! Columns: each column of cells given its meaning.
//!
//! A column is judged as a whole, after grouping: what never changes is written back into the
//! template, neighbouring numbers that are dates in (nearly) every row are one date, and what is
//! left is a counter, a rotation, an identifier or one of a few words.

use crate::time::Timestamp;

use super::cells::{CellKind, Column, Span, Table};
use super::date::{self, Civil, Evidence, LAYOUTS, Layout, Reading};
use super::{Variable, VariableKind, label, name, words};

/// A date's first and last column, its layout, and how each column of it is read.
type Found = (usize, usize, Layout, Vec<(usize, Reading)>);

impl<'t> Table<'t> {
    /// Whether the members' names hold a clock.
    pub(super) fn has_clock(&self) -> bool {
        self.clock.is_some()
    }

    /// Whether some members are compressed and others are not.
    pub(super) fn is_partly_compressed(&self) -> bool {
        self.compression.1
    }

    /// Gives every column that varies its meaning.
    pub(super) fn type_columns(&mut self, now: Timestamp) {
        let mut found: Vec<Found> = Vec::new();
        let mut at = 0;
        while at < self.columns.len() {
            match self.layout_at(at, now) {
                Some((layout, readings)) => {
                    let last = readings.last().map_or(at, |r| r.0);
                    found.push((at, last, layout, readings));
                    at = last + 1;
                }
                None => at += 1,
            }
        }
        for (number, (_, _, _, readings)) in found.iter().enumerate() {
            for &(column, reading) in readings {
                self.columns[column].reading = Some((number, reading));
            }
        }
        // The finest says when; of equals the first.
        let best = found
            .iter()
            .min_by_key(|(at, _, layout, _)| (layout.grain, *at));
        if let Some((_, _, layout, readings)) = best {
            self.grain = layout.grain;
            self.clock = Some(readings.clone());
        }
        for (first, last, layout, readings) in &found {
            self.span_dates(*first, *last, layout, readings);
        }
        self.is_ambiguous = found
            .iter()
            .any(|date| self.may_be_turned(date.0, &date.3, now));
        self.type_rest();
    }

    /// The first layout that fits, beginning with this column.
    fn layout_at(&self, at: usize, now: Timestamp) -> Option<(Layout, Vec<(usize, Reading)>)> {
        let column = &self.columns[at];
        if column.kind == CellKind::Mixed && !column.constant && name::is_ulid(column.rows[0]) {
            let ulid = LAYOUTS[LAYOUTS.len() - 1];
            return self
                .try_readings(at, &[Reading::Ulid], &ulid, now)
                .map(|r| (ulid, r));
        }
        if column.kind == CellKind::Whole && !column.constant {
            let embedded = LAYOUTS[0];
            let fits = self.try_readings(at, &[Reading::Embedded], &embedded, now);
            return fits.map(|readings| (embedded, readings));
        }
        let starts = match column.kind {
            CellKind::Digits => true,
            CellKind::Letters => date::month_of(column.rows[0]).is_some(),
            _ => false,
        };
        if !starts {
            return None;
        }
        let found = LAYOUTS.iter().find_map(|layout| {
            let readings = self.try_readings(at, layout.readings, layout, now)?;
            Some((*layout, readings))
        });
        found.map(|found| self.nearer(at, found, now))
    }

    pub(super) fn try_readings(
        &self,
        at: usize,
        readings: &[Reading],
        layout: &Layout,
        now: Timestamp,
    ) -> Option<Vec<(usize, Reading)>> {
        let mut placed = Vec::with_capacity(readings.len());
        let mut next = at;
        for (number, &reading) in readings.iter().enumerate() {
            if number > 0 {
                next = self.next_part(next, reading)?;
            } else if reading == Reading::Hour {
                return None;
            }
            let mut alone = Civil::default();
            alone.read(self.columns[next].rows[0], reading)?;
            placed.push((next, reading));
        }
        if placed
            .iter()
            .all(|&(column, _)| self.columns[column].constant)
        {
            return None;
        }
        if let Some(&(hour, Reading::Hour)) = placed.last() {
            let late = |cell: &&[u8]| date::number(cell).is_some_and(|n| (12..24).contains(&n));
            if !self.columns[hour].rows.values().iter().any(late) {
                return None;
            }
        }
        let moments = self.moments(&placed)?;
        let evidence = Evidence {
            moments: &moments,
            modified: &self.modified,
            now,
        };
        layout.is_plausible(&evidence).then_some(placed)
    }

    /// What the rows mean by such readings; `None` where too many mean nothing for any layout.
    fn moments(&self, placed: &[(usize, Reading)]) -> Option<Vec<Option<Timestamp>>> {
        let moment = |cell: &dyn Fn(usize) -> &'t [u8]| {
            let mut civil = Civil::default();
            for &(column, reading) in placed {
                civil.read(cell(column), reading)?;
            }
            civil.moment()
        };
        let rows = self.modified.len();
        let first = self.columns[placed[0].0].level;
        let one_level = placed.iter().all(|p| self.columns[p.0].level == first);
        let places = self.columns[placed[0].0].rows.places();
        if let Some(places) = places.filter(|_| one_level) {
            let names = self.columns[placed[0].0].rows.values().len();
            let each: Vec<_> = (0..names)
                .map(|at| moment(&|column| self.columns[column].rows.values()[at]))
                .collect();
            return Some(places.iter().map(|&place| each[place as usize]).collect());
        }
        let mut bad = 0;
        let mut moments = Vec::with_capacity(rows);
        for row in 0..rows {
            let read = moment(&|column| self.columns[column].rows[row]);
            bad += usize::from(read.is_none());
            if date::are_too_many(bad, rows) {
                return None;
            }
            moments.push(read);
        }
        Some(moments)
    }

    /// The column in which a date may go on: the next one, past a word that only says what follows.
    fn next_part(&self, at: usize, reading: Reading) -> Option<usize> {
        let mut next = at + 1;
        let mut word: &[u8] = b"";
        while let Some(column) = self.columns.get(next) {
            let is_sign = column.kind == CellKind::Letters
                && column.constant
                && reading != Reading::MonthName
                && SIGNS
                    .iter()
                    .any(|sign| column.rows[0].eq_ignore_ascii_case(sign));
            let joined = matches!(column.before[..], [] | [b'-', b'-'] | [b'_', b'_'])
                || matches!(column.before[..], [mark] if !b" (,".contains(&mark));
            if !joined {
                return None;
            }
            if !is_sign {
                break;
            }
            word = column.rows[0];
            next += 1;
        }
        let column = self.columns.get(next)?;
        let letter = word.first().map(u8::to_ascii_lowercase);
        let fits = match reading {
            Reading::Week => letter == Some(b'w'),
            Reading::Quarter => letter == Some(b'q'),
            Reading::MonthName => column.kind == CellKind::Letters,
            _ => !matches!(letter, Some(b'w' | b'q')),
        };
        fits.then_some(next)
    }

    /// Makes variables of a date's columns: one where they stand together, else one each.
    fn span_dates(
        &mut self,
        first: usize,
        last: usize,
        layout: &Layout,
        readings: &[(usize, Reading)],
    ) {
        let level = |column: usize| self.columns[column].level;
        let together = level(first) == level(last);
        let has = |reading: Reading| readings.iter().any(|r| r.1 == reading);
        let span = |first, last, kind| Span { first, last, kind };
        let mut spans = Vec::new();
        if together && has(Reading::Year) && has(Reading::Month) && has(Reading::Day)
            || together && has(Reading::ShortYear)
            || together && has(Reading::MonthName) && has(Reading::Day)
        {
            let dated = readings.iter().filter(|r| {
                matches!(
                    r.1,
                    Reading::Year
                        | Reading::ShortYear
                        | Reading::Month
                        | Reading::MonthName
                        | Reading::Day
                )
            });
            let end = dated.map(|r| r.0).max().unwrap_or(last);
            match layout.grain {
                1 | 60 => spans.push(span(first, last, VariableKind::DateTime)),
                _ => {
                    spans.push(span(first, end, VariableKind::Date));
                    spans.extend((end < last).then(|| span(last, last, VariableKind::Hour)));
                }
            }
        } else if together && (has(Reading::Week) || has(Reading::Quarter) || has(Reading::Ordinal))
        {
            let kind = match readings[1].1 {
                Reading::Week if has(Reading::WeekDay) => VariableKind::Date,
                Reading::Week => VariableKind::IsoWeek,
                Reading::Quarter => VariableKind::Quarter,
                _ => VariableKind::Ordinal,
            };
            if has(Reading::WeekDay) {
                spans.push(span(first, last, kind));
                self.spans.extend(spans);
                return;
            }
            spans.push(span(first, readings[1].0, kind));
            spans.extend(readings.get(2).map(|r| span(r.0, r.0, VariableKind::Hour)));
        } else if together && matches!(readings[0].1, Reading::Packed(_)) && layout.grain < 3600 {
            spans.push(span(first, last, VariableKind::DateTime));
        } else {
            self.span_apart(readings, &mut spans);
        }
        self.spans.extend(spans);
    }

    /// One variable for each column of a date, but for year, month and day within one name.
    fn span_apart(&self, readings: &[(usize, Reading)], spans: &mut Vec<Span>) {
        let mut at = 0;
        while at < readings.len() {
            let (column, reading) = readings[at];
            let same = |n: usize| {
                readings
                    .get(at + n)
                    .is_some_and(|r| self.columns[r.0].level == self.columns[column].level)
            };
            let whole = matches!(reading, Reading::Year)
                && same(2)
                && matches!(readings[at + 1].1, Reading::Month)
                && matches!(readings[at + 2].1, Reading::Day);
            let (last, kind) = if whole {
                (readings[at + 2].0, VariableKind::Date)
            } else {
                (column, kind_of(reading))
            };
            spans.push(Span {
                first: column,
                last,
                kind,
            });
            at += if whole { 3 } else { 1 };
        }
    }

    fn type_rest(&mut self) {
        self.repeat_clock();
        self.join_versions();
        let taken = |spans: &[Span], at: usize| spans.iter().any(|s| s.first <= at && at <= s.last);
        for at in 0..self.columns.len() {
            if taken(&self.spans, at) {
                continue;
            }
            let kind = match self.columns[at].constant {
                true if self.is_total(at) => VariableKind::Of,
                true => continue,
                false => self.kind_alone(at),
            };
            self.spans.push(Span {
                first: at,
                last: at,
                kind,
            });
        }
        self.spans.sort_unstable_by_key(|span| span.first);
    }

    /// A number that repeats a part of the clock in every row is that part.
    fn repeat_clock(&mut self) {
        let Some(clock) = self.clock.clone() else {
            return;
        };
        for at in 0..self.columns.len() {
            if self.columns[at].reading.is_some() || self.columns[at].kind != CellKind::Digits {
                continue;
            }
            let same = clock.iter().find(|&&(column, reading)| {
                matches!(
                    reading,
                    Reading::Year | Reading::Month | Reading::Day | Reading::Hour
                ) && !self.columns[column].constant
                    && self.columns[column].rows == self.columns[at].rows
            });
            if let Some(&(_, reading)) = same {
                self.spans.push(Span {
                    first: at,
                    last: at,
                    kind: kind_of(reading),
                });
            } else if self.repeats_year(at, &clock) {
                self.spans.push(Span {
                    first: at,
                    last: at,
                    kind: VariableKind::Year,
                });
            }
        }
    }

    fn repeats_year(&self, at: usize, clock: &[(usize, Reading)]) -> bool {
        let Some(&(column, Reading::Packed(fields))) = clock.first() else {
            return clock.first().is_some_and(|&(column, reading)| {
                reading == Reading::Year
                    && at < column
                    && self.columns[column].rows == self.columns[at].rows
            });
        };
        at < column
            && fields.starts_with(b"Y")
            && (!self.columns[at].constant || self.is_whole_name(at))
            && self.columns[at]
                .rows
                .iter()
                .zip(self.columns[column].rows.iter())
                .all(|(a, b)| a.len() == 4 && b.starts_with(a))
    }

    /// Whether a column is all there is of its name.
    fn is_whole_name(&self, at: usize) -> bool {
        let level = self.columns[at].level;
        let alone = self.columns.iter().filter(|c| c.level == level).count() == 1;
        alone && self.columns[at].before.is_empty() && self.ends[level].is_empty()
    }

    /// Three and more numbers with dots between them are one version.
    fn join_versions(&mut self) {
        let mut at = 0;
        while at < self.columns.len() {
            let mut end = at;
            while self.columns.get(end).is_some_and(|c| {
                c.kind == CellKind::Digits
                    && c.reading.is_none()
                    && (end == at || c.before == b"." && c.level == self.columns[at].level)
            }) {
                end += 1;
            }
            let vary = self.columns[at..end].iter().any(|c| !c.constant);
            let valued = self.columns[at].before.ends_with(b"=");
            let kind = match end - at {
                0 | 1 => None,
                2 => (valued && vary).then_some(VariableKind::Number),
                _ => (vary && self.may_be_version(at, end)).then_some(VariableKind::Version),
            };
            if let Some(kind) = kind {
                self.spans.push(Span {
                    first: at,
                    last: end - 1,
                    kind,
                });
            }
            at = end.max(at + 1);
        }
    }

    fn kind_alone(&self, at: usize) -> VariableKind {
        let column = &self.columns[at];
        match column.kind {
            CellKind::Uuid => VariableKind::Uuid,
            CellKind::Digits => self.kind_of_digits(at),
            CellKind::Whole if column.is_hex() => kind_of_mixed(column),
            CellKind::Whole if is_fan(column) => VariableKind::Hex,
            CellKind::Letters | CellKind::Whole => kind_of_words(column),
            CellKind::Mixed => kind_of_mixed(column),
        }
    }

    fn kind_of_digits(&self, at: usize) -> VariableKind {
        if let Some(kind) = self.kind_in_context(at) {
            return kind;
        }
        if self.is_rotation(at) {
            return VariableKind::Rotation;
        }
        VariableKind::Counter
    }

    /// Whether the names are a catalogue of different things (packages with their versions), each
    /// there about once, rather than a series: no clock, words that hardly ever return, and no
    /// number that goes on from file to file.
    pub(super) fn is_catalogue(&self) -> bool {
        use VariableKind::{Counter, HexCounter};
        let of = |kinds: &[VariableKind]| -> Vec<usize> {
            let spans = self.spans.iter().filter(|span| kinds.contains(&span.kind));
            spans.map(|span| span.first).collect()
        };
        let goes_on = |&column: &usize| self.distinct(&[column]) * 5 >= self.modified.len() * 4;
        !self.has_clock()
            && self.has_lone_words()
            && !of(&[Counter, HexCounter]).iter().any(goes_on)
    }

    /// Whether the words in the names hardly ever return, and are none that are drawn anew.
    pub(super) fn has_lone_words(&self) -> bool {
        use VariableKind::{Categorical, Hash, Hex, Host, Id, Ulid, Uuid};
        let of = |kinds: &[VariableKind]| -> Vec<usize> {
            let spans = self.spans.iter().filter(|span| kinds.contains(&span.kind));
            spans.map(|span| span.first).collect()
        };
        let words = of(&[Categorical, Host, Id]);
        // What is drawn anew each time is a run's, and no thing's.
        let drawn = !of(&[Uuid, Ulid, Hash, Hex]).is_empty();
        !drawn && !words.is_empty() && self.distinct(&words) * 2 > self.modified.len()
    }

    /// How many different rows these columns have.
    pub(super) fn distinct(&self, columns: &[usize]) -> usize {
        let mut sums = self.sums(columns.iter().copied());
        sums.sort_unstable();
        sums.dedup();
        sums.len()
    }

    /// Row by row a number for what these columns hold: the same where they hold the same.
    fn sums(&self, columns: impl Iterator<Item = usize>) -> Vec<u64> {
        let mut sums = vec![0; self.modified.len()];
        for column in columns {
            let cells = &self.columns[column].rows;
            let each: Vec<u64> = cells.values().iter().map(|cell| name::hash(cell)).collect();
            for (row, sum) in sums.iter_mut().enumerate() {
                let place = cells.places().map_or(row, |places| places[row] as usize);
                *sum = name::mix(*sum, each[place]);
            }
        }
        sums
    }

    /// Whether a number shifts with every rotation: the higher, the older.
    fn is_rotation(&self, at: usize) -> bool {
        let column = &self.columns[at];
        let last_level = self.ends.len() - 1;
        let small = column
            .rows
            .values()
            .iter()
            .all(|cell| cell.len() <= 4 && !cell.starts_with(b"0") || *cell == b"0");
        let behind_dot = column.before.ends_with(b".")
            || column.before.ends_with(b"-")
            || column.before.ends_with(b"_");
        if column.level != last_level || !small || !behind_dot || self.has_clock() {
            return false;
        }
        // Only numbers of one log say how it shifts: everything else in their names is the same.
        let others = self.sums((0..self.columns.len()).filter(|&other| other != at));
        let mut pairs: Vec<(u64, i64, i64)> = (0..column.rows.len())
            .filter_map(|row| {
                let modified = self.modified[row].as_ref()?.0;
                Some((others[row], date::number(column.rows[row])?, modified))
            })
            .collect();
        pairs.sort_unstable();
        if pairs.len() < 3 {
            // Without times only the name can tell: `x.log.3`, and nothing behind the number.
            return pairs.is_empty()
                && column.before == b"."
                && self.ends[last_level].is_empty()
                && at + 1 == self.columns.len();
        }
        let steps = || pairs.windows(2).filter(|p| p[0].0 == p[1].0);
        let down = steps().filter(|p| p[1].2 < p[0].2).count();
        down >= 2 && down * 10 >= steps().count() * 8
    }

    /// The template from the first level on, and its variables.
    pub(super) fn template(&self, base: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<Variable>) {
        let mut writer = label::Writer::new(base);
        let mut at = 0;
        for (level, end) in self.ends.iter().enumerate() {
            writer.next_level();
            while self
                .columns
                .get(at)
                .is_some_and(|column| column.level == level)
            {
                let column = &self.columns[at];
                match self.spans.iter().find(|span| span.first == at) {
                    Some(span) => {
                        writer.literal(&column.before);
                        writer.variable(column, span.kind);
                        at = span.last + 1;
                    }
                    None => {
                        writer.literal(&column.before);
                        writer.literal(column.rows[0]);
                        at += 1;
                    }
                }
            }
            writer.literal(end);
        }
        let (suffix, optional) = (&self.compression.0, self.compression.1);
        if optional {
            writer.literal(b"[");
        }
        writer.literal(suffix);
        if optional {
            writer.literal(b"]");
        }
        writer.finish()
    }
}

/// Words that only say what number follows them.
const SIGNS: [&[u8]; 17] = [
    b"t", b"w", b"q", b"qtr", b"week", b"kw", b"year", b"month", b"day", b"hour", b"y", b"m", b"d",
    b"h", b"mon", b"hr", b"quarter",
];

fn kind_of(reading: Reading) -> VariableKind {
    match reading {
        Reading::Year | Reading::ShortYear => VariableKind::Year,
        Reading::Month => VariableKind::Month,
        Reading::MonthName => VariableKind::MonthName,
        Reading::Day => VariableKind::Day,
        Reading::WeekDay => VariableKind::Weekday,
        Reading::Hour => VariableKind::Hour,
        Reading::Minute | Reading::Second => VariableKind::Time,
        Reading::Week => VariableKind::IsoWeek,
        Reading::Quarter => VariableKind::Quarter,
        Reading::Ordinal => VariableKind::Ordinal,
        Reading::Epoch(1) => VariableKind::Epoch,
        Reading::Epoch(_) => VariableKind::EpochMs,
        Reading::Ulid => VariableKind::Ulid,
        Reading::Embedded => VariableKind::DateTime,
        Reading::Packed(fields) => match fields {
            b"YM" => VariableKind::Month,
            b"YMDH" => VariableKind::DateHour,
            b"YJ" => VariableKind::Ordinal,
            b"HI" | b"HIS" | b"HIS..." => VariableKind::Time,
            _ if fields.contains(&b'H') => VariableKind::DateTime,
            _ => VariableKind::Date,
        },
    }
}

fn kind_of_words(column: &Column<'_>) -> VariableKind {
    let values = column.rows.values();
    let all = |test: fn(&[u8]) -> bool| values.iter().all(|cell| test(cell));
    if all(|cell| date::month_of(cell).is_some()) {
        return VariableKind::MonthName;
    }
    if all(|cell| date::weekday_of(cell).is_some()) {
        return VariableKind::Weekday;
    }
    let distinct = distinct(values);
    let hosts = distinct.len() * 2 <= column.rows.len() && words::are_hosts(&distinct);
    if hosts && distinct.len() <= 40 {
        return VariableKind::Host;
    }
    if are_drawn(&distinct) {
        return VariableKind::Id;
    }
    let repeated = distinct.len() * 3 <= column.rows.len() * 2 || distinct.len() <= 20;
    let same_length = distinct.iter().all(|cell| cell.len() == distinct[0].len());
    if repeated || !same_length || distinct[0].len() < 6 {
        VariableKind::Categorical
    } else {
        VariableKind::Id
    }
}

/// Whether words of one length look drawn at random, most of them at the least.
fn are_drawn(distinct: &[&[u8]]) -> bool {
    let drawn = distinct.iter().filter(|cell| name::is_identifier(cell));
    distinct.len() >= 5
        && distinct.iter().all(|cell| cell.len() == distinct[0].len())
        && drawn.count() * 10 >= distinct.len() * 6
}

/// Whether these are the short hexadecimal beginnings by which a store spreads its files.
fn is_fan(column: &Column<'_>) -> bool {
    let length = column.rows[0].len();
    let hex = |cell: &&[u8]| cell.len() == length && cell.iter().all(u8::is_ascii_hexdigit);
    length <= 4 && column.rows.len() >= 8 && column.rows.iter().all(hex)
}

fn kind_of_mixed(column: &Column<'_>) -> VariableKind {
    let values = column.rows.values();
    let all = |test: fn(&[u8]) -> bool| values.iter().all(|cell| test(cell));
    let hex = all(|cell| cell.iter().all(u8::is_ascii_hexdigit));
    let length = values[0].len();
    let same_length = values.iter().all(|cell| cell.len() == length);
    if all(name::is_ulid) {
        return VariableKind::Ulid;
    }
    if hex && same_length && length >= 8 {
        let (first, last) = (values.iter().min(), values.iter().max());
        let (first, last) = (first.copied().unwrap_or(b""), last.copied().unwrap_or(b""));
        let near = first.iter().zip(last).take_while(|(a, b)| a == b).count();
        let padded = first.starts_with(b"00") && last.starts_with(b"00");
        return if near * 3 >= length || padded {
            VariableKind::HexCounter
        } else if length >= 32 {
            VariableKind::Hash
        } else {
            VariableKind::Hex
        };
    }
    let hostlike = all(|cell| {
        let letters = cell.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        (2..=8).contains(&letters) && cell[letters..].iter().all(u8::is_ascii_digit)
    });
    let distinct = distinct(values);
    let few = distinct.len() <= 40 && distinct.len() * 2 <= column.rows.len();
    match (few, hostlike) {
        (true, true) if words::are_hosts(&distinct) => VariableKind::Host,
        (true, false) if are_drawn(&distinct) => VariableKind::Id,
        (true, _) => VariableKind::Categorical,
        _ => VariableKind::Id,
    }
}

/// One of each of these values, in any order.
fn distinct<'t>(values: &[&'t [u8]]) -> Vec<&'t [u8]> {
    let mut hashed: Vec<(u64, &[u8])> = values.iter().map(|v| (name::hash(v), *v)).collect();
    hashed.sort_unstable_by_key(|value| value.0);
    hashed.dedup_by_key(|value| value.0);
    hashed.into_iter().map(|value| value.1).collect()
}
