package dev.millrace.examples;

import picocli.CommandLine.IVersionProvider;

/** Version of the jar and of the Java that runs it. */
final class VersionProvider implements IVersionProvider {

    @Override
    public String[] getVersion() {
        String version = Millrace.class.getPackage().getImplementationVersion();
        return new String[] {
            "millrace " + (version == null ? "(not packaged)" : version),
            "Java " + System.getProperty("java.version")
        };
    }
}
