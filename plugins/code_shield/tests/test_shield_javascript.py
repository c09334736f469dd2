"""Where a value comes from in JavaScript, and what was proved about it, decides whether it is dangerous."""

from __future__ import annotations

import pytest

from tieout_code_shield.limits import Limits
from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner

CASES = [
    pytest.param(
        """
app.get('/x', (req, res) => { fs.readFile('/d/' + req.query.f, cb); });
""",
        True,
        id="hit express",
    ),
    pytest.param(
        """
router.post('/', async ({ body, params }, res) => { fs.unlinkSync(params.name); });
""",
        True,
        id="hit destruct",
    ),
    pytest.param(
        """
exports.handler = async (event) => { exec('ls ' + event.dir); };
""",
        True,
        id="hit lambda",
    ),
    pytest.param(
        """
io.on('connection', (socket) => { socket.on('message', (data) => { eval(data); }); });
""",
        True,
        id="hit socket",
    ),
    pytest.param(
        """
const f = req.query.f;
if (!ALLOWED.includes(f)) { return res.status(400).end(); }
fs.readFile(f, cb);
""",
        False,
        id="miss allow",
    ),
    pytest.param(
        """
const f = req.query.f;
if (f === 'a' || f === 'b') { fs.readFile(f, cb); }
""",
        False,
        id="miss allow literal",
    ),
    pytest.param(
        """
const { f } = req.params;
if (!/^[a-z]+$/.test(f)) return res.sendStatus(400);
fs.readFile(f, cb);
""",
        False,
        id="miss regex",
    ),
    pytest.param(
        """
const build = (x) => 'ls ' + x;
app.get('/', (req, res) => { exec(build(req.query.d)); });
""",
        True,
        id="hit helper",
    ),
    pytest.param(
        """
const build = () => 'ls';
exec(build());
""",
        False,
        id="miss helper const",
    ),
    pytest.param(
        """
function getName(req) { return req.query.n; }
app.get('/', (req, res) => { fs.unlink(getName(req), cb); });
""",
        True,
        id="hit helper fn",
    ),
    pytest.param(
        """
function read(p) { return fs.readFileSync(p); }
app.get('/', (req, res) => { res.send(read(req.query.p)); });
""",
        True,
        id="hit caller",
    ),
    pytest.param(
        """
const parts = ['a', 'b'];
parts.push('c');
exec(parts.join(' '));
""",
        False,
        id="miss join const",
    ),
    pytest.param(
        """
const parts = ['a', 'b'];
parts.push(req.query.x);
exec(parts.join(' '));
""",
        True,
        id="hit join",
    ),
    pytest.param(
        """
db.query(`SELECT * FROM t WHERE id IN (${ids.map(() => '?').join(',')})`, ids);
""",
        False,
        id="miss map placeholder",
    ),
    pytest.param(
        """
db.query(`SELECT * FROM t WHERE id IN (${ids.map((i) => `'${i}'`).join(',')})`);
""",
        True,
        id="hit map",
    ),
    pytest.param(
        """
const dir = req.query.d === 'desc' ? 'DESC' : 'ASC';
db.query('SELECT * FROM t ORDER BY x ' + dir);
""",
        False,
        id="miss ternary",
    ),
    pytest.param(
        """
const cols = { a: 'x', b: 'y' };
const c = cols[req.query.c];
db.query('SELECT * FROM t ORDER BY ' + c);
""",
        False,
        id="miss mapping",
    ),
    pytest.param(
        """
const q = req.query;
fs.unlink(q.name, cb);
""",
        True,
        id="hit alias",
    ),
    pytest.param(
        """
const p = path.resolve(ROOT, req.params.f);
if (!p.startsWith(ROOT)) { throw new Error('x'); }
fs.readFile(p, cb);
""",
        False,
        id="miss resolved",
    ),
    pytest.param(
        """
const opt = { cmd: 'ls', dir: name };
exec(opt.cmd);
""",
        False,
        id="miss object literal",
    ),
    pytest.param(
        """
const opt = { cmd: 'ls', dir: name };
exec(opt.dir);
""",
        True,
        id="hit object literal",
    ),
    pytest.param(
        """
const { promisify } = require('util');
const run = promisify(require('child_process').exec);
run('ls ' + name);
""",
        True,
        id="hit promisify",
    ),
    pytest.param(
        """
const u = new URL(req.query.url);
if (!ALLOWED_HOSTS.includes(u.hostname)) { return res.status(403).end(); }
fetch(u);
""",
        False,
        id="miss url host",
    ),
    pytest.param(
        """
export default async function Page({ searchParams }) { return fetch(searchParams.url); }
""",
        True,
        id="hit next",
    ),
]


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()), limits=Limits(200_000, 5.0))


@pytest.mark.parametrize(("code", "hit"), CASES)
def test_what_is_unsafe_is_found_and_what_is_safe_is_not(scanner: Scanner, code: str, hit: bool) -> None:
    report = scanner.scan(code.strip("\n") + "\n", "javascript")
    assert bool(report.issues) is hit, [issue.rule.id for issue in report.issues]
