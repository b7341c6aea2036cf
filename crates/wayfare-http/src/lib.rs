//! How the product is asked: routes, extractors, answers, OAuth.
