//! What the journey engine does, seen from outside: short histories in words, and random ones
//! against an oracle that anyone can check.
//!
//! Start reading at [`notation`], the words, and [`oracle`].

#[cfg(test)]
mod notation;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod print;
#[cfg(test)]
mod store;
#[cfg(test)]
mod world;

#[cfg(test)]
mod assignments;
#[cfg(test)]
mod contacts;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod generate;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod matching;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod sequences;
#[cfg(test)]
mod sessions;
