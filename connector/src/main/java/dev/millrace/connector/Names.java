package dev.millrace.connector;

import java.util.Locale;

/** How constants are written in job files. */
final class Names {

    private Names() {}

    /** Lower case with hyphens. */
    static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
