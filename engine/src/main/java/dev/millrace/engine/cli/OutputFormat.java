package dev.millrace.engine.cli;

/** How a command prints its results. */
enum OutputFormat {
    text,
    json
}
