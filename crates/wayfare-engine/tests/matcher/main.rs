//! The matcher, seen from outside: what is compiled finds what a plain loop finds.

#[cfg(test)]
mod equality;
#[cfg(test)]
mod generate;
#[cfg(test)]
mod naive;
