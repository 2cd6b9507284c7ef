package dev.millrace.examples;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The README, whose blocks the tests run. */
final class Readme {

    private Readme() {}

    /** Its one block of a language. */
    static String block(String language) throws IOException {
        Matcher matcher =
                Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
                        .matcher(Files.readString(Path.of("../README.md")));
        if (!matcher.find()) {
            throw new IllegalStateException("The README has no block of " + language);
        }
        return matcher.group(1);
    }
}
