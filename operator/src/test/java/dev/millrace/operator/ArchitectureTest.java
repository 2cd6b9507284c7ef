package dev.millrace.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The arrows between the modules that this module can see. */
final class ArchitectureTest {
    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .importPackages("dev.millrace");

    @Test
    void operatorDoesNotKnowKafkaNorTheModulesAboveIt() {
        noClasses()
                .that()
                .resideInAPackage("dev.millrace.operator..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.apache.kafka..",
                        "org.apache.flink.connector.kafka..",
                        "org.apache.avro..",
                        "dev.millrace.connector..",
                        "dev.millrace.examples..")
                .check(CLASSES);
    }

    @Test
    void engineAndKernelsDoNotKnowFlinkNorTheModulesAboveThem() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.millrace.engine..", "dev.millrace.kernels..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.apache.flink..",
                        "dev.millrace.operator..",
                        "dev.millrace.connector..",
                        "dev.millrace.examples..")
                .check(CLASSES);
    }

    @Test
    void onlyTheCudaBackendKnowsTheDriver() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.millrace.kernels.cuda..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jcuda..")
                .check(CLASSES);
    }

    @Test
    void noStateIsWrittenWithJavaSerializationOrKryo() {
        noClasses()
                .that()
                .resideInAPackage("dev.millrace.operator..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.io.ObjectInputStream")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.io.ObjectOutputStream")
                .orShould()
                .dependOnClassesThat()
                .resideInAPackage("com.esotericsoftware.kryo..")
                .check(CLASSES);
    }
}
