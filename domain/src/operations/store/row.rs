//! One row: its key, what is in it, and how that is packed.

use std::fmt;

use sea_orm::{QueryResult, Value};

use crate::{
    database::{Columns, DatabaseError, Dialect, Writing},
    operations::{
        figures::{Errors, Figures, Layers, Operations, Part, Statements, Totals},
        tier::Tier,
    },
};

/// How parts are packed, as their first byte says: whoever packs them in another way takes another number.
const FORMAT: u8 = 1;

/// Half of what is packed is zeros, which the first level finds.
const LEVEL: i32 = 1;

/// Bytes of a part that is unpacked; the largest has a few hundred names with 2 kB each.
const MOST_BYTES: usize = 8 << 20;

/// The parts, in the order in which [`Sum`] reads and writes them.
pub(super) const PARTS: &str = "totals, layers, statements, errors, operations";

/// The key of a row.
pub(super) struct Key<'a> {
    pub(super) tier: Tier,
    pub(super) bucket: i32,
    /// The server; none of a row that has those of all.
    pub(super) instance: &'a str,
}

/// What is in a row.
#[derive(Default)]
pub(super) struct Sum {
    totals: Totals,
    layers: Layers,
    statements: Statements,
    errors: Errors,
    operations: Operations,
}

impl Key<'_> {
    /// What is in the row, which nobody else changes until `writing` is over; where there was none, it is made. What another version has
    /// packed is nothing.
    pub(super) async fn hold(&self, writing: &Writing) -> Result<Sum, DatabaseError> {
        let sql = format!(
            "INSERT INTO operations_figures (tier, bucket, instance, {PARTS}) \
             VALUES ($1, $2, $3, $4, $4, $4, $4, $4) ON CONFLICT DO NOTHING"
        );
        let nothing: Value = Vec::<u8>::new().into();
        let values = self.values([nothing]);
        writing.query("make_operations_row", &sql, values).await?;
        let locked = match writing.dialect() {
            Dialect::Sqlite => "",
            Dialect::Postgres => " FOR UPDATE",
        };
        let sql =
            format!("SELECT {PARTS} FROM operations_figures WHERE tier = $1 AND bucket = $2 AND instance = $3{locked}");
        let rows = writing.query("hold_operations_row", &sql, self.values([])).await?;
        match rows.first() {
            Some(row) => Ok(Sum::read(row)?.unwrap_or_default()),
            None => Err(DatabaseError::Other(
                "a row of operations was put together with others".to_owned(),
            )),
        }
    }

    /// Writes the row that is held.
    pub(super) async fn write(&self, writing: &Writing, sum: Sum) -> Result<(), DatabaseError> {
        let sql = "UPDATE operations_figures SET totals = $4, layers = $5, statements = $6, errors = $7, operations = $8 \
                   WHERE tier = $1 AND bucket = $2 AND instance = $3";
        let values = self.values(sum.pack()?.map(Value::from));
        writing.query("write_operations_row", sql, values).await.map(|_| ())
    }

    fn values(&self, others: impl IntoIterator<Item = Value>) -> Vec<Value> {
        let key: [Value; 3] = [self.tier.number().into(), self.bucket.into(), self.instance.into()];
        key.into_iter().chain(others).collect()
    }
}

impl Sum {
    pub(super) fn of(figures: &Figures) -> Self {
        Self {
            totals: figures.totals(),
            layers: figures.layers.clone(),
            statements: figures.statements.clone(),
            errors: figures.errors.clone(),
            operations: figures.operations.clone(),
        }
    }

    /// What the [`PARTS`] of a row have; none where another version has packed them.
    pub(super) fn read(row: &QueryResult) -> Result<Option<Self>, DatabaseError> {
        let columns = &mut Columns::of(row)?;
        let parts: [&[u8]; 5] = [
            columns.next()?,
            columns.next()?,
            columns.next()?,
            columns.next()?,
            columns.next()?,
        ];
        Ok(Self::unpack(parts))
    }

    fn unpack([totals, layers, statements, errors, operations]: [&[u8]; 5]) -> Option<Self> {
        Some(Self {
            totals: unpack(totals)?,
            layers: unpack(layers)?,
            statements: unpack(statements)?,
            errors: unpack(errors)?,
            operations: unpack(operations)?,
        })
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.totals.merge(&other.totals);
        self.layers.merge(&other.layers);
        self.statements.merge(&other.statements);
        self.errors.merge(&other.errors);
        self.operations.merge(&other.operations);
    }

    fn pack(mut self) -> Result<[Vec<u8>; 5], DatabaseError> {
        self.errors.trim();
        self.operations.trim();
        Ok([
            pack(&self.totals)?,
            pack(&self.layers)?,
            pack(&self.statements)?,
            pack(&self.errors)?,
            pack(&self.operations)?,
        ])
    }
}

/// A byte for the format, four for how long it is once it is unpacked, and what is packed.
pub(super) fn pack(part: &impl serde::Serialize) -> Result<Vec<u8>, DatabaseError> {
    let broken =
        |error: &dyn fmt::Display| DatabaseError::Other(format!("figures of operations cannot be packed: {error}"));
    let plain = postcard::to_allocvec(part).map_err(|error| broken(&error))?;
    let length = u32::try_from(plain.len()).map_err(|error| broken(&error))?;
    let packed = zstd::bulk::compress(&plain, LEVEL).map_err(|error| broken(&error))?;
    Ok([&[FORMAT], length.to_le_bytes().as_slice(), packed.as_slice()].concat())
}

/// Nothing of a row that was just made; none of what was packed in another way.
pub(super) fn unpack<P: Part>(packed: &[u8]) -> Option<P> {
    let Some((format, packed)) = packed.split_first() else {
        return Some(P::default());
    };
    let (length, packed) = packed.split_first_chunk().filter(|_| *format == FORMAT)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok();
    let plain = zstd::bulk::decompress(packed, length.filter(|length| *length <= MOST_BYTES)?).ok()?;
    postcard::from_bytes(&plain).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{FORMAT, MOST_BYTES, Sum, unpack};
    use crate::{
        cache::Lookups,
        operations::figures::{Answered, Figures, MOST_KEPT, Operations},
    };

    fn sum(names: usize) -> Sum {
        let mut figures = Figures::default();
        for name in 0..names {
            for time in 1..200_u64 {
                let answered = Answered {
                    operation: &format!("{name}-{}", "x".repeat(60)),
                    is_trusted: true,
                    took: Duration::from_micros(time * time * 7),
                    statements: 1,
                    lookups: Lookups::default(),
                    was_kept: false,
                    errors: &[],
                };
                figures.note_answer(&answered, 0);
            }
        }
        Sum::of(&figures)
    }

    #[test]
    fn a_row_is_read_as_it_was_packed() {
        let mut twice = sum(3);
        twice.merge(&sum(3));
        let packed = twice.pack().unwrap();
        let read = Sum::unpack(packed.each_ref().map(Vec::as_slice)).unwrap();
        assert_eq!(read.operations.iter().count(), 3);
        assert!(
            read.operations
                .iter()
                .all(|(_, figures)| figures.times.count() == 2 * 199)
        );
        assert_eq!(read.totals.times.count(), 6 * 199);
        // What was just made has nothing in it.
        assert_eq!(Sum::unpack([&[]; 5]).unwrap().totals.times.count(), 0);
        let operations = &packed[4];
        let of_another = [&[FORMAT + 1], &operations[1..]].concat();
        for broken in [
            &[FORMAT][..],
            &[FORMAT, 255, 255, 255, 255, 0],
            &operations[..operations.len() - 1],
            &of_another,
        ] {
            assert!(unpack::<Operations>(broken).is_none());
        }
        // A few hundred bytes for each of them.
        assert!(operations.len() < 3 * 400, "{}", operations.len());
    }

    #[test]
    fn the_largest_row_can_be_read() {
        let packed = sum(2 * MOST_KEPT).pack().unwrap();
        let operations: Operations = unpack(&packed[4]).unwrap();
        assert_eq!(operations.iter().count(), MOST_KEPT + 1);
        let plain = postcard::to_allocvec(&operations).unwrap();
        assert!(plain.len() < MOST_BYTES / 4, "{}", plain.len());
    }
}
