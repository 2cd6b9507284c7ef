"""Rewrites jars without compression, so that one xz over all of them finds what they share. Usage: repack.py TARGET JAR...

Left out: signatures, which no longer hold; META-INF/INDEX.LIST, which lists jars that are not there; native libraries of other
systems than Linux on x86-64.
"""
import pathlib
import re
import sys
import zipfile

DROPPED = re.compile(r"META-INF/(INDEX\.LIST|[^/]+\.(SF|RSA|DSA|EC))$")
NATIVE = re.compile(r"\.(so|dylib|jnilib|dll)(\.\w+)*$")
FOREIGN = re.compile(r"osx|darwin|mac|win|aarch64|arm|ppc|s390|freebsd|sunos|aix|i386|x86_32", re.IGNORECASE)


def kept(name):
    return not DROPPED.search(name) and not (NATIVE.search(name) and FOREIGN.search(name))


def repack(jar, target):
    with zipfile.ZipFile(jar) as source, zipfile.ZipFile(target / jar.name, "w", zipfile.ZIP_STORED) as out:
        for name in sorted(set(source.namelist())):
            if kept(name) and not name.endswith("/"):
                # The same time everywhere: the same bytes from the same jars.
                out.writestr(zipfile.ZipInfo(name), source.read(name))


def main():
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for jar in sys.argv[2:]:
        repack(pathlib.Path(jar), target)


main()
