/// Names that Python modules can have.
enum PythonNames {
    /// The name of an entry's module: an identifier that is no keyword, and that hides no module which PyTorch loads.
    static func module(_ id: String) -> String {
        let name = String(id.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        let isPlain = name.first.map { $0.isLetter || $0 == "_" } ?? false
        return isPlain && !taken.contains(name) ? name : "entry_\(name)"
    }

    private static let taken = Set((keywords + " " + modules).split(separator: " ").map(String.init))

    private static let keywords = """
        False None True and as assert async await break class continue def del elif else except finally for from global if import in is \
        lambda nonlocal not or pass raise return try while with yield
        """

    /// Names of modules of Python's standard library, and of those that come with PyTorch.
    private static let modules = """
        abc argparse array ast asyncio atexit base64 bdb binascii bisect builtins bz2 cProfile calendar cmath cmd code codecs codeop \
        collections colorsys compileall concurrent configparser contextlib contextvars copy copyreg csv ctypes curses dataclasses \
        datetime dbm decimal difflib dis doctest email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch \
        fractions ftplib functools gc genericpath getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib \
        imaplib importlib inspect io ipaddress itertools json keyword linecache locale logging lzma mailbox marshal math mimetypes mmap \
        modulefinder multiprocessing netrc ntpath numbers opcode operator optparse os pathlib pdb pickle pickletools pkgutil platform \
        plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc queue quopri random re readline reprlib \
        resource runpy sched secrets select selectors shelve shlex shutil signal site smtplib socket socketserver sqlite3 ssl stat \
        statistics string stringprep struct subprocess symtable sys sysconfig syslog tabnanny tarfile tempfile termios test textwrap this \
        threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle types typing unicodedata unittest \
        urllib uuid venv warnings wave weakref webbrowser wsgiref xml xmlrpc zipapp zipfile zipimport zlib zoneinfo \
        filelock fsspec functorch jinja2 markupsafe mpmath networkx numpy safetensors scipy setuptools sympy torch torchgen torchvision \
        typing_extensions
        """
}
