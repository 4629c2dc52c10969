#!/usr/bin/env python3
"""tree.py make DIR | tree.py show DIR [--no-root]

make: a tree with every kind of entry a volume can hold. show: one line for each thing in a tree, by os.scandir and
lstat alone, for two trees to be compared. Both know nothing of the program that they judge."""
import hashlib
import os
import socket
import stat
import struct
import sys


def text(size, seed):
    line = b"line %d of a text that compresses: etaoin shrdlu\n"
    out = b"".join(line % (seed + i) for i in range(size // 40 + 1))
    return out[:size]


def acl(*entries):
    value = struct.pack("<I", 2)
    for tag, bits, who in entries:
        value += struct.pack("<HHI", tag, bits, who)
    return value


NOBODY = 0xFFFFFFFF
ACCESS = acl((1, 6, NOBODY), (2, 4, 1000), (4, 4, NOBODY), (16, 6, NOBODY), (32, 0, NOBODY))
DEFAULT = acl((1, 7, NOBODY), (2, 7, 1001), (4, 5, NOBODY), (16, 7, NOBODY), (32, 5, NOBODY))


def make(root):
    os.chdir(root)
    write = lambda name, data: open(name, "wb").write(data)
    os.mkdir("plain")
    for i in range(40):
        write(f"plain/file{i:02}", text(i * 137, i))
    write("plain/empty", b"")
    write("plain.txt", b"sorts between the folder and what is in it")
    write("exact", text(512, 1))
    write("mebibyte", os.urandom(1 << 20))
    write("mebibyte-and-one", os.urandom((1 << 20) + 1))
    write("large", text(9_000_001, 5))
    os.mkdir("links")
    write("links/b-first", text(5000, 9))
    os.link("links/b-first", "links/c-second")
    os.link("links/b-first", "plain/a-third")
    write("links/zlarge", text(3_000_000, 9))
    os.link("links/zlarge", "zlarge-too")
    os.symlink("../plain/file01", "links/to-file")
    os.symlink("/nowhere/at all", "links/dangling")
    os.symlink("x" * 300, "links/long")
    os.mkdir("sparse")
    with open("sparse/four-gigabytes", "wb") as file:
        file.truncate(4 << 30)
        file.seek(1 << 30)
        file.write(text(100_000, 3))
        file.seek((4 << 30) - 5)
        file.write(b"end.\n")
    with open("sparse/all-hole", "wb") as file:
        file.truncate(10_000_000)
    with open("sparse/hole-at-end", "wb") as file:
        file.write(text(70_000, 4))
        file.truncate(3_000_000)
    with open("sparse/many", "wb") as file:
        for i in range(2000):
            file.seek(i * 16384)
            file.write(b"%d" % i * 1000)
    os.mkdir("names")
    write("names/" + "n" * 255, b"255")
    deep = "names"
    for part in ("d" * 150, "e" * 150, "f" * 100):
        deep += "/" + part
        os.mkdir(deep)
    write(deep + "/" + "g" * 200, b"600 characters")
    for name in (b"\xff\xfe not text", b"line\nbreak", b"tab\there", b"per%cent%20", b" space ", "grüße 🦀".encode(), b"*?[x]", b"back\\slash", b"-rf"):
        write(b"names/" + name, name)
    os.mkdir(b"names/\xffdir")
    write(b"names/\xffdir/" + b"\xe9" * 200, b"deep, no text")
    os.symlink(b"\xff" * 150, b"names/link to no text")
    os.link(b"names/\xffdir/" + b"\xe9" * 200, b"names/z hard")
    os.mkdir("special")
    os.mkfifo("special/pipe", 0o640)
    os.mknod("special/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    os.mknod("special/disk", 0o600 | stat.S_IFBLK, os.makedev(259, 70000))
    listening = socket.socket(socket.AF_UNIX)
    listening.bind("special/socket")
    listening.close()
    os.mkdir("modes")
    for mode in (0o000, 0o400, 0o644, 0o4755, 0o2755, 0o1777, 0o7777):
        write(f"modes/{mode:04o}", b"%o" % mode)
        os.chown(f"modes/{mode:04o}", 1234, 4_000_000)
        os.chmod(f"modes/{mode:04o}", mode)
        os.mkdir(f"modes/d{mode:04o}")
        write(f"modes/d{mode:04o}/in", b"it")
        os.chown(f"modes/d{mode:04o}", 65534, 3_000_000_000)
        os.chmod(f"modes/d{mode:04o}", mode)
    os.mkdir("attributes")
    write("attributes/user", b"x")
    os.setxattr("attributes/user", "user.plain", b"value")
    os.setxattr("attributes/user", "user.with=sign%", b"a\0b\n\xff")
    os.setxattr("attributes/user", "trusted.secret", b"root")
    write("attributes/acl", b"x")
    os.setxattr("attributes/acl", "system.posix_acl_access", ACCESS)
    os.mkdir("attributes/folder")
    os.setxattr("attributes/folder", "system.posix_acl_default", DEFAULT)
    os.setxattr("attributes/folder", "user.of-folder", b"f")
    write("attributes/folder/inherits", b"x")
    os.mkdir("attributes/folder/below")
    write("attributes/capable", b"#!")
    capability = struct.pack("<IIIII", 0x02000000 | 1, 1 << 10, 0, 0, 0)
    os.setxattr("attributes/capable", "security.capability", capability)
    os.mkdir("empty")
    os.mkdir("times")
    for name, nanos in (("old", -86400 * 365 * 30 * 10**9 - 5), ("before", -1), ("epoch", 0), ("far", (1 << 33) * 10**9 + 7), ("now", 1_700_000_000_123_456_789)):
        write("times/" + name, name.encode())
        os.utime("times/" + name, ns=(nanos, nanos))
    os.utime("empty", ns=(123, 1_600_000_000_000_000_001))
    os.utime("links/to-file", ns=(5, 1_500_000_000_000_000_009), follow_symlinks=False)
    os.utime(".", ns=(5, 1_400_000_000_000_000_009))
    os.chmod(".", 0o751)


def content(path, size):
    """sha256 of a file, by its data alone where there are long holes."""
    total = hashlib.sha256()
    with open(path, "rb") as file:
        at = 0
        while at < size:
            try:
                start = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:
                break
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            data = os.pread(file.fileno(), min(end, start + (1 << 22)) - start, start)
            # A hole may be stored as zeros, and the other way round.
            for block in range(0, len(data), 4096):
                piece = data[block:block + 4096]
                if piece.strip(b"\0"):
                    total.update(b"%d:" % (start + block) + piece)
            at = start + len(data)
    return total.hexdigest()[:16]


def show(root, with_root):
    inodes = {}
    lines = []

    def one(path, shown):
        info = os.lstat(path)
        kind = stat.S_IFMT(info.st_mode)
        if stat.S_ISSOCK(kind):
            return
        fields = [oct(info.st_mode), info.st_uid, info.st_gid, info.st_mtime_ns]
        if stat.S_ISREG(kind):
            fields += [info.st_size, content(path, info.st_size), info.st_nlink]
            if info.st_nlink > 1:
                fields.append("= " + repr(inodes.setdefault((info.st_dev, info.st_ino), shown)))
        if stat.S_ISLNK(kind):
            fields.append(repr(os.readlink(path)))
        if stat.S_ISCHR(kind) or stat.S_ISBLK(kind):
            fields.append(info.st_rdev)
        fields.append([(name, os.getxattr(path, name, follow_symlinks=False)) for name in sorted(os.listxattr(path, follow_symlinks=False))])
        lines.append(repr(shown) + " " + " ".join(map(str, fields)))
        if stat.S_ISDIR(kind):
            for name in sorted(os.listdir(path)):
                one(path + b"/" + name, shown + b"/" + name if shown != b"." else name)

    one(os.fsencode(root), b".")
    print("\n".join(lines if with_root else lines[1:]))


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    show(sys.argv[2], "--no-root" not in sys.argv)
