"""The forms of the control panel. A sensitive value is never rendered; you replace it by typing a new one."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib.admin.helpers import ActionForm

from mirrors_sandbox.faults import KINDS
from mirrors_sandbox.fidelity import VARIABLE_NAME
from mirrors_sandbox.models import EnvironmentVariable, Fault

# Django's form classes know their model's type for the type checker only.
if TYPE_CHECKING:
    VariableModelForm = forms.ModelForm[EnvironmentVariable]
    FaultModelForm = forms.ModelForm[Fault]
else:
    VariableModelForm = FaultModelForm = forms.ModelForm


class MaskedInput(forms.PasswordInput):
    """Takes a new value and never renders the old one, nor a typed one after an error."""

    def __init__(self) -> None:
        super().__init__(render_value=False, attrs={"placeholder": "unchanged", "autocomplete": "new-password"})


class VariableForm(VariableModelForm):
    name = forms.RegexField(VARIABLE_NAME, max_length=255)
    value = forms.CharField(required=False, strip=False, widget=forms.Textarea(attrs={"rows": 1, "cols": 60}))

    class Meta:
        model = EnvironmentVariable
        fields: ClassVar = ["environment", "name", "value", "is_sensitive"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The values that the database has: the instance itself is changed by a form that does not validate.
        self.kept = self.instance.value if self.instance.pk and self.instance.is_sensitive else None
        if self.kept is not None:
            self.fields["value"].widget = MaskedInput()
            self.initial["value"] = ""

    def clean_value(self) -> str:
        typed: str = self.cleaned_data["value"]
        return self.kept if self.kept is not None and not typed else typed


class MirrorActionForm(ActionForm):
    name_of_mirror = forms.CharField(required=False, label="Name of the mirror", max_length=63)


class FaultForm(FaultModelForm):
    kind = forms.ChoiceField(choices=[(kind, kind) for kind in KINDS])

    class Meta:
        model = Fault
        fields: ClassVar = ["kind", "method", "path", "probability", "seed", "remaining", "settings"]
