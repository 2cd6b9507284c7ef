package dev.millrace.engine.hub;

import dev.millrace.engine.InvalidModelException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model on a hub: {@code ORG/NAME[@REVISION][:FILE]}.
 *
 * @param organization who publishes it
 * @param name its name there
 * @param revision branch, tag or commit
 * @param file one GGUF file of it: its name, or its quantization such as {@code Q4_K_M}
 */
public record ModelName(String organization, String name, String revision, Optional<String> file) {
    /** The branch that is meant when none is named. */
    public static final String DEFAULT_REVISION = "main";

    private static final String SEGMENT = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,95}+";
    private static final Pattern FORM =
            Pattern.compile(
                    "(%1$s)/(%1$s)(?:@(%1$s(?:/%1$s){0,8}+))?+(?::([A-Za-z0-9_][A-Za-z0-9_.-]*+))?+"
                            .formatted(SEGMENT));
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

    /** Reads {@code text}; empty if it has another form. */
    public static Optional<ModelName> parse(String text) {
        Matcher form = FORM.matcher(text);
        // Two dots could leave the cache; a name with this ending is a file that is missing.
        if (!form.matches() || text.contains("..") || form.group(2).endsWith(".gguf")) {
            return Optional.empty();
        }
        String revision = form.group(3) == null ? DEFAULT_REVISION : form.group(3);
        return Optional.of(
                new ModelName(
                        form.group(1),
                        form.group(2),
                        revision,
                        Optional.ofNullable(form.group(4))));
    }

    /**
     * Reads {@code text}.
     *
     * @throws InvalidModelException if it has another form
     */
    public static ModelName of(String text) {
        return parse(text)
                .orElseThrow(
                        () ->
                                HubProblems.refuse(
                                        HubError.INVALID_NAME,
                                        "model name",
                                        "'" + text + "'",
                                        "ORG/NAME, ORG/NAME@REVISION or ORG/NAME:QUANTIZATION",
                                        "Copy the name from the model's page"));
    }

    /** The same model with another choice of file. */
    public ModelName withFile(String chosen) {
        return new ModelName(organization, name, revision, Optional.of(chosen));
    }

    /** {@code ORG/NAME}. */
    String repository() {
        return organization + "/" + name;
    }

    /** Whether the revision is a commit, which never changes. */
    boolean isCommit() {
        return isCommit(revision);
    }

    static boolean isCommit(String revision) {
        return COMMIT.matcher(revision).matches();
    }

    /** In the form in which it is read. */
    @Override
    public String toString() {
        String at = revision.equals(DEFAULT_REVISION) ? "" : "@" + revision;
        return repository() + at + file.map(each -> ":" + each).orElse("");
    }
}
