package dev.millrace.connector;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The arrows between this module and the others. */
final class ArchitectureTest {
    private final JavaClasses classes =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .importPackages("dev.millrace.connector");

    @Test
    void connectorKnowsNeitherDevicesNorWhatUsesIt() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.millrace.kernels..", "dev.millrace.examples..")
                .check(classes);
    }

    @Test
    void sqlHasThreeWaysInOverOneModel() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("options")
                .definedBy("dev.millrace.connector.sql")
                .layer("row")
                .definedBy("dev.millrace.connector.sql.row")
                .layer("model")
                .definedBy("dev.millrace.connector.sql.model")
                .layer("provider")
                .definedBy("dev.millrace.connector.sql.provider")
                .layer("function")
                .definedBy("dev.millrace.connector.sql.function")
                .layer("table")
                .definedBy("dev.millrace.connector.sql.table")
                .whereLayer("options")
                .mayNotAccessAnyLayer()
                .whereLayer("row")
                .mayOnlyAccessLayers("options")
                .whereLayer("model")
                .mayOnlyAccessLayers("options", "row")
                .whereLayer("provider")
                .mayOnlyAccessLayers("options", "row", "model")
                .whereLayer("function")
                .mayOnlyAccessLayers("options", "row", "model")
                .whereLayer("table")
                .mayOnlyAccessLayers("options", "row", "model")
                .check(classes);
    }

    @Test
    void recordsMeetNoCodeThatASchemaCanName() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.avro.specific..", "org.apache.avro.reflect..")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.io.ObjectInputStream")
                .check(classes);
    }
}
