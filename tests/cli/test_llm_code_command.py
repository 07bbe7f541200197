"""`workbench llm-code` refuses options that the model it was given would not heed."""

import pytest
from click.testing import CliRunner

import workbench as wb
from workbench.cli.llm_code import command


@pytest.mark.parametrize(("option", "given"), [("--key-variable", "MY_KEY"), ("--timeout", "5")])
def test_options_of_a_server_need_its_address(tmp_path, option, given):
    study = wb.Study.create(tmp_path / "study", wb.load("data/demo"))
    done = CliRunner().invoke(command, [str(study.folder), option, given])
    assert done.exit_code == 2
    assert f"{option} is for a server: name it with --endpoint URL" in done.output
    assert study.steps() == []
