import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sandbox", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="application",
            name="slug",
            field=models.CharField(
                max_length=63,
                unique=True,
                validators=[
                    django.core.validators.RegexValidator(
                        "\\A[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\Z",
                        "it takes up to 63 lower-case letters, digits and hyphens, no hyphen first or last",
                    )
                ],
            ),
        ),
    ]
