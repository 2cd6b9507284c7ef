package dev.millrace.engine.loader;

import dev.millrace.engine.ErrorCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds what the front matter of a model's README.md says of its licence. */
final class HfLicence {
    private static final int MAX_README_BYTES = 4 << 20;
    private static final ErrorCode CODE = ConfigError.NOT_JSON;
    private static final Pattern FRONT_MATTER =
            Pattern.compile("\\A---\\R(.*?)\\R---", Pattern.DOTALL);
    private static final Pattern LICENCE =
            Pattern.compile(
                    "^(license|license_name):[ \\t]*([^#\\r\\n]{1,100})", Pattern.MULTILINE);

    private HfLicence() {}

    static Optional<String> find(Path folder) {
        Path readme = folder.resolve("README.md");
        if (!Files.isRegularFile(readme)) {
            return Optional.empty();
        }
        if (readme.toFile().length() > MAX_README_BYTES) {
            return Optional.empty();
        }
        Matcher front = FRONT_MATTER.matcher(JsonFiles.readText(readme, MAX_README_BYTES, CODE));
        if (!front.find()) {
            return Optional.empty();
        }
        String licence = null;
        Matcher lines = LICENCE.matcher(front.group(1));
        while (lines.find()) {
            String value = lines.group(2).strip().replaceAll("^['\"]|['\"]$", "");
            // The key license says "other" where license_name has the name.
            if (licence == null || licence.equals("other")) {
                licence = value;
            }
        }
        return Optional.ofNullable(licence).filter(text -> !text.isEmpty());
    }
}
